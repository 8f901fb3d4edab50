/** Grants a client the WebSocket that it asks for. */
import type { Call, Upgrade } from "#apiserver/call.ts";
import type { Side } from "#streaming/relay.ts";
import { grantUpgrade } from "#streaming/upgrade.ts";
import { acceptKey } from "#streaming/websocket.ts";

export const isWebSocket = ({ request }: Call): boolean =>
  request.headers.get("upgrade")?.toLowerCase() === "websocket";

/** `protocol`: one that the client offers; said only when it offers any. */
export function acceptWebSocket({ request }: Call, upgrade: Upgrade, protocol: string): Side {
  const near = upgrade.take();
  grantUpgrade(near.socket, {
    upgrade: "websocket",
    "sec-websocket-accept": acceptKey(request.headers.get("sec-websocket-key") ?? ""),
    ...(request.headers.has("sec-websocket-protocol")
      ? { "sec-websocket-protocol": protocol }
      : {}),
  });
  return near;
}
