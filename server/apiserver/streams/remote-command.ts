/** exec and attach: the client's WebSocket on one side, the node's SPDY streams on the other. */

import type { Side } from "#streaming/relay.ts";
import { SpdySession } from "#streaming/spdy/session.ts";
import type { SpdyStream } from "#streaming/spdy/stream.ts";
import { closeCodes, WebSocketConnection } from "#streaming/websocket.ts";
import { type ChannelProtocol, channelMessage, channels, endingFor, sendOn } from "./channels.ts";

/** The protocol spoken with nodes: the end is told as a Status. */
export const nodeProtocol = "v4.channel.k8s.io";

export interface WantedStreams {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  readonly tty: boolean;
}

interface Streams {
  readonly error: SpdyStream;
  readonly stdin: SpdyStream | undefined;
  readonly stdout: SpdyStream | undefined;
  readonly stderr: SpdyStream | undefined;
  readonly resize: SpdyStream | undefined;
}

/** The node waits until it has all that the request promised; upstream opens them in this order. */
function openStreams(session: SpdySession, wanted: WantedStreams): Streams {
  const open = (streamtype: string): SpdyStream => session.open({ streamtype });
  return {
    error: open("error"),
    stdin: wanted.stdin ? open("stdin") : undefined,
    stdout: wanted.stdout ? open("stdout") : undefined,
    stderr: wanted.stderr && !wanted.tty ? open("stderr") : undefined,
    resize: wanted.tty ? open("resize") : undefined,
  };
}

const lost = JSON.stringify({
  metadata: {},
  status: "Failure",
  message: "the connection to the node was lost",
  reason: "InternalError",
  code: 500,
});

/** Resolves when the command ended, or either side went away. */
export async function runRemoteCommand(
  near: Side,
  protocol: ChannelProtocol,
  far: Side,
  wanted: WantedStreams,
): Promise<void> {
  const socket = new WebSocketConnection(near.socket, near.head);
  const session = new SpdySession({ ...far, role: "client" });
  const streams = openStreams(session, wanted);
  const output = async (stream: SpdyStream | undefined, channel: number): Promise<void> => {
    if (stream === undefined) return;
    for (let data = await stream.read(); data !== undefined; data = await stream.read()) {
      await sendOn(socket, protocol, channel, data);
    }
  };
  // Upstream's sign that the connection stands.
  const first = wanted.stdout ? channels.stdout : wanted.stderr ? channels.stderr : channels.error;
  await sendOn(socket, protocol, first, Buffer.alloc(0));
  void input(socket, protocol, streams).finally(() => session.close());
  const [status] = await Promise.all([
    streams.error.readAll(),
    output(streams.stdout, channels.stdout),
    output(streams.stderr, channels.stderr),
  ]);
  const ending = endingFor(protocol, status.length > 0 ? status : Buffer.from(lost));
  if (ending.length > 0) await sendOn(socket, protocol, channels.error, ending);
  socket.close(closeCodes.normal);
  session.close();
}

/** What the client says, until it goes. */
async function input(
  socket: WebSocketConnection,
  protocol: ChannelProtocol,
  { stdin, resize }: Streams,
): Promise<void> {
  for await (const message of socket.messages()) {
    const told = channelMessage(protocol, message);
    if (told === undefined) continue;
    const { channel, data } = told;
    if (channel === channels.stdin) await stdin?.write(data);
    else if (channel === channels.resize) await resize?.write(data);
    else if (channel === channels.close && data[0] === channels.stdin) stdin?.end();
  }
}
