/**
 * How exec and attach share one WebSocket: the first byte of each message says whose it is.
 *
 *   0 stdin   1 stdout   2 stderr   3 error: how it ended   4 resize: {"Width":80,"Height":24}   255 close (v5): which
 */
import type { WebSocketConnection, WebSocketMessage } from "#streaming/websocket.ts";

export const channels = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  error: 3,
  resize: 4,
  close: 255,
} as const;

/** The best first, as upstream chooses among what the client offers. */
const protocols = [
  "v5.channel.k8s.io",
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
  "channel.k8s.io",
  "base64.channel.k8s.io",
] as const;

export type ChannelProtocol = (typeof protocols)[number];

/** undefined: the client offers none that is known. Without an offer it speaks the oldest. */
export function chooseProtocol(offered: string | null): ChannelProtocol | undefined {
  if (offered === null || offered.trim() === "") return "channel.k8s.io";
  const names = new Set(offered.split(",").map((name) => name.trim()));
  return protocols.find((name) => names.has(name));
}

export interface ChannelMessage {
  readonly channel: number;
  readonly data: Buffer;
}

const zeroCharacter = 48;

/** undefined: a message without a channel. */
export function channelMessage(
  protocol: ChannelProtocol,
  { data }: WebSocketMessage,
): ChannelMessage | undefined {
  const [first] = data;
  if (first === undefined) return undefined;
  const rest = data.subarray(1);
  if (!protocol.includes("base64")) return { channel: first, data: rest };
  return { channel: first - zeroCharacter, data: Buffer.from(rest.toString("latin1"), "base64") };
}

/** Resolves when the client takes more. */
export function sendOn(
  socket: WebSocketConnection,
  protocol: ChannelProtocol,
  channel: number,
  data: Uint8Array,
): Promise<void> {
  if (!protocol.includes("base64")) {
    return socket.send(Buffer.concat([Buffer.from([channel]), data]), "binary");
  }
  const text = `${channel}${Buffer.from(data).toString("base64")}`;
  return socket.send(Buffer.from(text, "latin1"), "text");
}

/** Before v4 the end is told as a sentence, and success by silence. */
export function endingFor(protocol: ChannelProtocol, status: Buffer): Buffer {
  if (protocol.startsWith("v")) return status;
  const told: unknown = JSON.parse(status.toString("utf8"));
  const { status: verdict, message } = { status: "", message: "", ...Object(told) };
  return Buffer.from(verdict === "Success" ? "" : String(message), "utf8");
}
