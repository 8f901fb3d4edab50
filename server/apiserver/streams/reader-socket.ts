/** What is only read (a log), over a WebSocket: every piece that comes is a message; the end closes it. */
import { badRequest } from "#apimachinery/status.ts";
import type { Side } from "#streaming/relay.ts";
import { closeCodes, WebSocketConnection } from "#streaming/websocket.ts";

const protocols = ["binary.k8s.io", "base64.binary.k8s.io"] as const;

export type ReaderProtocol = (typeof protocols)[number];

/** Without an offer the bytes come as they are. Throws BadRequest when none is known. */
export function chooseReaderProtocol(offered: string | null): ReaderProtocol {
  const names = (offered ?? "").split(",").map((name) => name.trim());
  if (names.every((name) => name === "")) return "binary.k8s.io";
  const known = protocols.find((name) => names.includes(name));
  if (known === undefined) throw badRequest("no WebSocket protocol of the request is known");
  return known;
}

/** Resolves when all is said, or the client went away. */
export async function sendAll(
  near: Side,
  protocol: ReaderProtocol,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const socket = new WebSocketConnection(near.socket, near.head);
  const gone = (async () => {
    // Nothing is expected from the client but its going.
    for await (const _ of socket.messages());
  })();
  const told = (async () => {
    for await (const piece of pieces) {
      if (near.socket.destroyed) return;
      if (protocol === "binary.k8s.io") await socket.send(piece, "binary");
      else await socket.send(Buffer.from(Buffer.from(piece).toString("base64")), "text");
    }
    socket.close(closeCodes.normal);
  })();
  await Promise.race([gone, told]);
}
