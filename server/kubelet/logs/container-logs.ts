/** `/containerLogs/<namespace>/<pod>/<container>`: which log is meant, and how it is read. */
import { badRequest, notFound } from "#apimachinery/status.ts";
import { parseTime } from "#apimachinery/time.ts";
import type { Clock } from "#client/clock.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { ContainerDetails, CriRuntime } from "#kubelet/cri/runtime.ts";
import { containersNamed } from "#kubelet/pod-runtime.ts";
import type { RuntimeState } from "#kubelet/runtime-state.ts";
import { readLogFile } from "./log-file.ts";
import { type LogOptions, parseLogLine, renderLine } from "./log-line.ts";

export interface LogRequest {
  readonly pod: Pod;
  readonly container: string;
  readonly query: URLSearchParams;
  readonly runtime: CriRuntime;
  readonly state: RuntimeState;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw badRequest(`${name} must be a whole number`);
  return value;
}

const isTrue = (query: URLSearchParams, name: string): boolean =>
  ["true", "1"].includes(query.get(name) ?? "");

function optionsOf(query: URLSearchParams, now: number): LogOptions {
  const seconds = numberOf(query, "sinceSeconds");
  const time = query.get("sinceTime");
  const stream = query.get("stream");
  const since = seconds === undefined ? parseTime(time ?? "")?.getTime() : now - seconds * 1000;
  return {
    timestamps: isTrue(query, "timestamps"),
    since,
    tailLines: numberOf(query, "tailLines"),
    limitBytes: numberOf(query, "limitBytes"),
    stream: stream === "Stdout" ? "stdout" : stream === "Stderr" ? "stderr" : undefined,
  };
}

/** The current incarnation, or the one before; refuses, in upstream's words, when there is none. */
async function containerOf(request: LogRequest): Promise<ContainerDetails> {
  const { pod, container: name, query, state } = request;
  const { containers, initContainers = [], ephemeralContainers = [] } = pod.spec;
  const known = [...containers, ...initContainers, ...ephemeralContainers];
  const podName = pod.metadata.name;
  if (!known.some((one) => one.name === name)) {
    throw badRequest(`container ${name} is not valid for pod ${podName}`);
  }
  const all = containersNamed(await state.read(pod.metadata.uid ?? ""), name);
  const begun = all.filter((one) => one.state !== "created");
  const chosen = isTrue(query, "previous") ? begun[1] : begun[0];
  if (chosen !== undefined) return chosen;
  if (isTrue(query, "previous")) {
    throw badRequest(`previous terminated container "${name}" in pod "${podName}" not found`);
  }
  const statuses = [
    ...(pod.status.containerStatuses ?? []),
    ...(pod.status.initContainerStatuses ?? []),
  ];
  const waiting = statuses.find((status) => status.name === name)?.state?.waiting;
  const why = waiting?.reason ?? "ContainerCreating";
  throw badRequest(`container "${name}" in pod "${podName}" is waiting to start: ${why}`);
}

/** Throws ApiError before the first byte; afterwards a failure ends the stream. */
export async function containerLogs(request: LogRequest): Promise<AsyncIterable<Uint8Array>> {
  const { runtime, query, clock, signal } = request;
  const options = optionsOf(query, clock.now().getTime());
  const container = await containerOf(request);
  if (runtime.readLog !== undefined) return fromMemory(runtime.readLog(container.id), options);
  if (container.logPath === "") {
    throw notFound({ group: "", resource: "containers", name: container.name });
  }
  const running = async (): Promise<boolean> =>
    (await runtime.containerDetails(container))?.state === "running";
  const follow = isTrue(query, "follow") ? { clock, signal, running } : undefined;
  return readLogFile(container.logPath, options, follow);
}

async function* fromMemory(
  lines: readonly string[],
  options: LogOptions,
): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  const kept =
    options.tailLines === undefined ? lines : lines.slice(lines.length - options.tailLines);
  for (const line of kept) {
    const parsed = parseLogLine(line);
    const text = parsed === undefined ? undefined : renderLine(parsed, options, true);
    if (text !== undefined) yield encoder.encode(text);
  }
}
