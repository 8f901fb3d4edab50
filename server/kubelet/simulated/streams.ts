/**
 * Streams of containers that do not exist. exec prints its command and ends well; attach prints what the log says
 * and stays until its client leaves; a forwarded port answers any HTTP request with the pod's name and the port.
 */
import type { StreamRequest, StreamSource } from "#kubelet/cri/runtime.ts";
import type { Side } from "#streaming/relay.ts";
import { SpdySession } from "#streaming/spdy/session.ts";
import type { SpdyStream } from "#streaming/spdy/stream.ts";

const commandProtocol = "v4.channel.k8s.io";
const portForwardProtocol = "portforward.k8s.io";
const success = Buffer.from(JSON.stringify({ metadata: {}, status: "Success" }));

export interface SimulatedStreams {
  /** Of the container or sandbox: its log, or `namespace/name`. */
  readonly said: string;
}

/** What a simulated runtime answers to a request that it has found its container or sandbox for. */
export function simulatedStream(request: StreamRequest, { said }: SimulatedStreams): StreamSource {
  if (request.do === "portforward") {
    return { protocol: portForwardProtocol, answer: (side) => answerPorts(side, said) };
  }
  const text = request.do === "exec" ? `${request.command.join(" ")}\n` : said;
  const stays = request.do === "attach";
  const wanted = [
    "error",
    ...(request.stdin ? ["stdin"] : []),
    ...(request.stdout ? ["stdout"] : []),
  ];
  return { protocol: commandProtocol, answer: (side) => answerCommand(side, wanted, text, stays) };
}

function answerCommand(side: Side, wanted: readonly string[], text: string, stays: boolean): void {
  const streams = new Map<string, SpdyStream>();
  let begun = false;
  const session: SpdySession = new SpdySession({
    ...side,
    role: "server",
    onStream(stream) {
      streams.set(stream.headers["streamtype"] ?? "", stream);
      if (begun || !wanted.every((name) => streams.has(name))) return;
      begun = true;
      void talk();
    },
  });
  const talk = async (): Promise<void> => {
    await streams.get("stdout")?.write(Buffer.from(text));
    const input = streams.get("stdin");
    if (stays && input !== undefined) await input.readAll();
    else if (stays) await session.done;
    await streams.get("error")?.write(success);
    for (const stream of streams.values()) stream.end();
    session.close();
  };
}

function answerPorts(side: Side, podName: string): void {
  new SpdySession({
    ...side,
    role: "server",
    onStream(stream) {
      if (stream.headers["streamtype"] === "data") void answerRequest(stream, podName);
      else stream.end();
    },
  });
}

async function answerRequest(stream: SpdyStream, podName: string): Promise<void> {
  await stream.read();
  const body = `simulated pod ${podName}, port ${stream.headers["port"]}\n`;
  const head = `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\ncontent-length: ${body.length}`;
  await stream.write(Buffer.from(`${head}\r\n\r\n${body}`));
  stream.end();
}
