/** A watch over a WebSocket: one event a message, and a close at its end; whoever closes first ends it. */
import type { Call, Upgrade } from "#apiserver/call.ts";
import { closeCodes, WebSocketConnection } from "#streaming/websocket.ts";
import { acceptWebSocket } from "./accept-websocket.ts";
import { taken } from "./forward.ts";

/** What the client offers, best first. */
function offeredProtocols({ request }: Call): readonly string[] {
  const offered = request.headers.get("sec-websocket-protocol") ?? "";
  return offered
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}

export interface Message {
  readonly data: Uint8Array;
  readonly kind: "text" | "binary";
}

/** Sends until either end is over. `leave` is called once the client is gone. */
async function pump(
  socket: WebSocketConnection,
  messages: AsyncIterable<Message>,
  leave: () => void,
): Promise<void> {
  // Nothing that the client says means anything but that it is there.
  const gone = async (): Promise<void> => {
    for await (const _ of socket.messages());
    leave();
  };
  void gone().catch(leave);
  try {
    for await (const { data, kind } of messages) await socket.send(data, kind);
    socket.close(closeCodes.normal);
  } catch {
    socket.close(closeCodes.internal);
  } finally {
    leave();
  }
}

const refused = (status: number, why: string, headers: Record<string, string> = {}): Response =>
  new Response(why, { status, headers });

/** What upstream's library demands of a watch's client; undefined: nothing is wrong. */
export function watchSocketRefusal(call: Call): Response | undefined {
  const { headers } = call.request;
  if (headers.get("sec-websocket-version") !== "13") {
    const known = { "sec-websocket-version": "13" };
    return refused(400, "missing or bad WebSocket Version", known);
  }
  if (!headers.has("sec-websocket-key")) return refused(400, "mismatch challenge/response");
  const origin = headers.get("origin");
  if (origin === null || !URL.canParse(origin)) return refused(403, "");
  return offeredProtocols(call).length > 1 ? refused(400, "") : undefined;
}

/** The one protocol offered is taken, whatever it is: a watch has no protocols. */
export function sendWatch(
  call: Call,
  upgrade: Upgrade,
  messages: AsyncIterable<Message>,
  leave: () => void,
): Response {
  const [protocol = ""] = offeredProtocols(call);
  const near = acceptWebSocket(call, upgrade, protocol);
  void pump(new WebSocketConnection(near.socket, near.head), messages, leave);
  return taken();
}
