/**
 * Port forwarding as clients without a SPDY of their own ask for it: one WebSocket, two channels a port.
 *
 *   2 * i data, both ways   2 * i + 1 error: why it ended   both begin with the port's number, 2 bytes, lowest first
 */
import { badRequest } from "#apimachinery/status.ts";
import type { Side } from "#streaming/relay.ts";
import { SpdySession } from "#streaming/spdy/session.ts";
import type { SpdyStream } from "#streaming/spdy/stream.ts";
import { closeCodes, WebSocketConnection } from "#streaming/websocket.ts";
import { type ChannelProtocol, channelMessage, sendOn } from "./channels.ts";

const protocols = [
  "v4.channel.k8s.io",
  "v4.base64.channel.k8s.io",
] as const satisfies readonly ChannelProtocol[];

/** The first byte of a message names its channel, and every port has two of them. */
const portsMax = 127;

export type PortProtocol = (typeof protocols)[number];

/** undefined: the client offers none that is known. Without an offer it speaks the binary one. */
export function choosePortProtocol(offered: string | null): PortProtocol | undefined {
  if (offered === null || offered.trim() === "") return "v4.channel.k8s.io";
  const names = new Set(offered.split(",").map((name) => name.trim()));
  return protocols.find((name) => names.has(name));
}

/** The request's ports; refuses what is none. A parameter may name several. */
export function portsOf(parameters: readonly string[]): readonly number[] {
  const ports = parameters
    .flatMap((parameter) => parameter.split(","))
    .map((text) => {
      const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
      if (port < 1 || port > 65_535) throw badRequest(`${JSON.stringify(text)} is no port`);
      return port;
    });
  if (ports.length === 0) throw badRequest('query parameter "ports" is required');
  if (ports.length > portsMax)
    throw badRequest(`at most ${portsMax} ports may be forwarded at once`);
  return ports;
}

interface PortStreams {
  readonly data: SpdyStream;
  readonly error: SpdyStream;
}

function openPort(session: SpdySession, port: number, index: number): PortStreams {
  const headers = { port: `${port}`, requestid: `${index}` };
  const error = session.open({ streamtype: "error", ...headers });
  error.end();
  return { error, data: session.open({ streamtype: "data", ...headers }) };
}

/** Resolves when every port was closed by the node, or either side went away. */
export async function forwardPorts(
  near: Side,
  protocol: PortProtocol,
  far: Side,
  ports: readonly number[],
): Promise<void> {
  const socket = new WebSocketConnection(near.socket, near.head);
  const session = new SpdySession({ ...far, role: "client" });
  const opened = ports.map((port, index) => openPort(session, port, index));
  for (const [index, port] of ports.entries()) {
    const number = Buffer.from([port & 0xff, port >> 8]);
    await sendOn(socket, protocol, 2 * index, number);
    await sendOn(socket, protocol, 2 * index + 1, number);
  }
  const outward = async (stream: SpdyStream, channel: number): Promise<void> => {
    for (let data = await stream.read(); data !== undefined; data = await stream.read()) {
      await sendOn(socket, protocol, channel, data);
    }
  };
  const inward = async (): Promise<void> => {
    for await (const message of socket.messages()) {
      const told = channelMessage(protocol, message);
      if (told === undefined || told.channel % 2 !== 0) continue;
      await opened[told.channel / 2]?.data.write(told.data);
    }
  };
  void inward().finally(() => session.close());
  await Promise.all(
    opened.flatMap(({ data, error }, index) => [
      outward(data, 2 * index),
      outward(error, 2 * index + 1),
    ]),
  );
  socket.close(closeCodes.normal);
  session.close();
}
