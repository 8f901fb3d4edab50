/** An upgrade on the agent's endpoint: joined to the runtime's own streams, or answered by a simulated one. */

import { connect as tcpConnect } from "node:net";
import type { Duplex } from "node:stream";
import { connect as tlsConnect } from "node:tls";
import { messageOf } from "#apimachinery/error-message.ts";
import { ApiError, badRequest, notFound, refusal } from "#apimachinery/status.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { type CriRuntime, RuntimeError, type StreamRequest } from "#kubelet/cri/runtime.ts";
import { containersNamed, newestSandbox } from "#kubelet/pod-runtime.ts";
import type { RuntimeState } from "#kubelet/runtime-state.ts";
import { connected } from "#streaming/connected.ts";
import { relay, type Side } from "#streaming/relay.ts";
import { type Fields, grantUpgrade, refuseUpgrade, requestUpgrade } from "#streaming/upgrade.ts";
import { portsOf, type StreamPath, wantedStreams } from "./stream-request.ts";

const connectMilliseconds = 10_000;

export interface StreamHolder {
  readonly runtime: CriRuntime;
  readonly state: RuntimeState;
}

/** What the runtime is to be asked. Throws ApiError. */
export async function streamRequest(
  { state }: StreamHolder,
  pod: Pod,
  path: StreamPath,
): Promise<StreamRequest> {
  const runtime = await state.read(pod.metadata.uid ?? "");
  if (path.do === "portforward") {
    const sandbox = newestSandbox(runtime);
    if (sandbox?.ready !== true) {
      throw notFound({ group: "", resource: "pods", name: pod.metadata.name });
    }
    return { do: "portforward", sandboxId: sandbox.id, ports: portsOf(path.query) };
  }
  const wanted = wantedStreams(path.query);
  const [container] = containersNamed(runtime, path.container);
  if (container?.state !== "running") {
    throw refusal("InternalError", `container not found (${JSON.stringify(path.container)})`);
  }
  const containerId = container.id;
  if (path.do === "attach") return { do: "attach", containerId, ...wanted, tty: ttyOf(pod, path) };
  const command = path.query.getAll("command");
  if (command.length === 0) throw badRequest("you must specify at least 1 command");
  return { do: "exec", containerId, command, ...wanted };
}

/** One attaches to what is there: a terminal, if the container was made with one. */
function ttyOf({ spec }: Pod, { container }: StreamPath): boolean {
  const all = [
    ...spec.containers,
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
  return all.find(({ name }) => name === container)?.tty === true;
}

export interface AskedUpgrade {
  readonly method: string;
  /** Of the upgrade: names and values as the client sent them. */
  readonly fields: Fields;
  readonly near: Side;
}

/** Resolves when the streams are over. Throws ApiError before they begin. */
export async function serveStream(
  { runtime }: StreamHolder,
  request: StreamRequest,
  { method, fields, near }: AskedUpgrade,
): Promise<void> {
  const source = await runtime.stream(request).catch((error: unknown) => {
    if (!(error instanceof RuntimeError)) throw error;
    throw refusal("InternalError", error.message);
  });
  if ("answer" in source) {
    if (fields["upgrade"] !== "SPDY/3.1") throw badRequest("only SPDY/3.1 is spoken here");
    grantUpgrade(near.socket, {
      upgrade: "SPDY/3.1",
      "x-stream-protocol-version": source.protocol,
    });
    return source.answer(near);
  }
  const { hostname: host, pathname, search, protocol } = source.url;
  const port = Number(source.url.port || (protocol === "https:" ? 443 : 80));
  // containerd listens for streams on loopback; with TLS, under a certificate made by itself.
  const secure = protocol === "https:";
  const socket = secure
    ? tlsConnect({ host, port, rejectUnauthorized: false })
    : tcpConnect({ host, port });
  await connected(socket, secure ? "secureConnect" : "connect", connectMilliseconds);
  const asked = { method, path: `${pathname}${search}`, host: source.url.host, fields };
  const answer = await requestUpgrade(socket, asked);
  const { connection: _, ...told } = answer.fields;
  if (answer.status !== 101) {
    refuseUpgrade(near.socket, answer.status, told, answer.head);
    socket.destroy();
    return;
  }
  grantUpgrade(near.socket, told);
  await relay(near, { socket, head: answer.head });
}

/** The refusal on the raw socket, as text: what kubectl shows. */
export function refuseStream(socket: Duplex, error: unknown): void {
  const code = error instanceof ApiError ? error.status.code : 500;
  const message = messageOf(error);
  const fields = { "content-type": "text/plain; charset=utf-8" };
  refuseUpgrade(socket, code, fields, Buffer.from(`${message}\n`));
}
