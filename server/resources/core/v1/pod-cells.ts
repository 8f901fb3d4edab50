/** Cells of a Pod's table row: upstream's printPod, whose STATUS tells more than the phase. */
import { humanDuration } from "#apimachinery/duration.ts";
import { parseTime } from "#apimachinery/time.ts";
import type { ContainerStatus, Pod } from "#gen/api/core/v1.ts";
import { age, orNone } from "#resources/cells.ts";
import type { Cell, CellContext } from "#resources/resource.ts";
import { hasCondition, isPodReady } from "./pod-ready.ts";

interface Progress {
  reason: string;
  ready: number;
  restarts: number;
  lastRestart: Date | undefined;
}

export function podCells(pod: Pod, context: CellContext): readonly Cell[] {
  const { spec, status, metadata } = pod;
  const progress = progressOf(pod);
  const sidecars = (spec.initContainers ?? []).filter(isSidecar).length;
  return [
    metadata.name,
    `${progress.ready}/${(spec.containers ?? []).length + sidecars}`,
    reasonCell(pod, progress.reason),
    restartsCell(progress, context),
    age(pod, context),
    orNone(status?.podIPs?.[0]?.ip),
    orNone(spec.nodeName),
    orNone(status?.nominatedNodeName),
    readinessGatesCell(pod),
  ];
}

const isSidecar = (container: { restartPolicy?: string | undefined }): boolean =>
  container.restartPolicy === "Always";

function progressOf(pod: Pod): Progress {
  const { status } = pod;
  const gated = (status?.conditions ?? []).some(
    ({ type, reason }) => type === "PodScheduled" && reason === "SchedulingGated",
  );
  const reason = gated ? "SchedulingGated" : status?.reason || status?.phase || "";
  const init = initProgress(pod);
  const initializing = init.reason !== undefined;
  if (initializing && !hasCondition(pod, "Initialized"))
    return { ...init.all, ready: init.ready, reason: init.reason ?? reason };
  return mainProgress(pod, { ...init.sidecars, ready: init.ready, reason: init.reason ?? reason });
}

interface Restarts {
  restarts: number;
  lastRestart: Date | undefined;
}

function countRestarts(into: Restarts, container: ContainerStatus): void {
  into.restarts += container.restartCount ?? 0;
  const finished = parseTime(container.lastState?.terminated?.finishedAt ?? "");
  if (finished !== undefined && (into.lastRestart === undefined || finished > into.lastRestart))
    into.lastRestart = finished;
}

interface InitProgress {
  readonly reason: string | undefined;
  readonly ready: number;
  readonly all: Restarts;
  readonly sidecars: Restarts;
}

/** The reason is that of the first init container that is not done; undefined: all are. */
function initProgress(pod: Pod): InitProgress {
  const specs = new Map((pod.spec.initContainers ?? []).map((spec) => [spec.name, spec]));
  const all: Restarts = { restarts: 0, lastRestart: undefined };
  const sidecars: Restarts = { restarts: 0, lastRestart: undefined };
  let ready = 0;
  for (const [index, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    countRestarts(all, container);
    const sidecar = isSidecar(specs.get(container.name) ?? {});
    if (sidecar) countRestarts(sidecars, container);
    if (container.state?.terminated?.exitCode === 0) continue;
    if (!(sidecar && container.started === true)) {
      const reason = initReason(container, `${index}/${specs.size}`);
      return { reason, ready, all, sidecars };
    }
    if (container.ready) ready += 1;
  }
  return { reason: undefined, ready, all, sidecars };
}

function initReason({ state }: ContainerStatus, position: string): string {
  const { terminated, waiting } = state ?? {};
  if (terminated !== undefined) return `Init:${terminatedReason(terminated)}`;
  const reason = waiting?.reason ?? "";
  return reason !== "" && reason !== "PodInitializing" ? `Init:${reason}` : `Init:${position}`;
}

type Terminated = NonNullable<NonNullable<ContainerStatus["state"]>["terminated"]>;

function terminatedReason({ reason = "", signal = 0, exitCode }: Terminated): string {
  if (reason !== "") return reason;
  return signal === 0 ? `ExitCode:${exitCode}` : `Signal:${signal}`;
}

function mainProgress(pod: Pod, start: Progress): Progress {
  const progress = { ...start };
  let running = false;
  let failure = "";
  for (const container of [...(pod.status?.containerStatuses ?? [])].reverse()) {
    countRestarts(progress, container);
    const { waiting, terminated, running: runs } = container.state ?? {};
    if (waiting !== undefined && (waiting.reason ?? "") !== "") {
      progress.reason = waiting.reason ?? "";
    } else if (terminated !== undefined) {
      progress.reason = terminatedReason(terminated);
      if (terminated.exitCode !== 0) failure = progress.reason;
    } else if (container.ready && runs !== undefined) {
      running = true;
      progress.ready += 1;
    }
  }
  if (progress.reason !== "Completed") return progress;
  if (running && isPodReady(pod)) progress.reason = "Running";
  else if (failure !== "") progress.reason = failure;
  else if (running) progress.reason = "NotReady";
  return progress;
}

function reasonCell({ metadata, status }: Pod, reason: string): string {
  if (metadata.deletionTimestamp === undefined) return reason;
  if (status?.reason === "NodeLost") return "Unknown";
  const ended = status?.phase === "Succeeded" || status?.phase === "Failed";
  return ended ? reason : "Terminating";
}

function restartsCell({ restarts, lastRestart }: Progress, { now }: CellContext): string {
  if (restarts === 0 || lastRestart === undefined) return `${restarts}`;
  return `${restarts} (${humanDuration(now.getTime() - lastRestart.getTime())} ago)`;
}

function readinessGatesCell(pod: Pod): string {
  const gates = pod.spec.readinessGates ?? [];
  if (gates.length === 0) return "<none>";
  const open = gates.filter(({ conditionType }) => hasCondition(pod, conditionType)).length;
  return `${open}/${gates.length}`;
}
