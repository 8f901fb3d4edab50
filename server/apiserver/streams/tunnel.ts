/** Port forwarding over a WebSocket: its messages are the bytes of a SPDY connection, handed on as they are. */
import { ByteSource } from "#streaming/byte-source.ts";
import type { Side } from "#streaming/relay.ts";
import { closeCodes, WebSocketConnection } from "#streaming/websocket.ts";
import { write } from "#streaming/write.ts";

/** What the client offers for it, and what its SPDY half is called. */
export const tunnelProtocol = "SPDY/3.1+portforward.k8s.io";
export const portForwardProtocol = "portforward.k8s.io";

/** Resolves when either side went away. */
export async function tunnel(near: Side, far: Side): Promise<void> {
  const socket = new WebSocketConnection(near.socket, near.head);
  const source = new ByteSource(far.socket, far.head);
  far.socket.on("error", () => far.socket.destroy());
  const inward = async (): Promise<void> => {
    for await (const { data } of socket.messages()) await write(far.socket, data);
    far.socket.end();
  };
  const outward = async (): Promise<void> => {
    for (let data = await source.some(); data !== undefined; data = await source.some()) {
      await socket.send(data, "binary");
    }
    socket.close(closeCodes.normal);
  };
  await Promise.all([inward(), outward()]);
  far.socket.destroy();
}
