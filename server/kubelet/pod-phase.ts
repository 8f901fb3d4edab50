/** The pod's phase out of its container statuses: upstream's getPhase. */
import type { ContainerStatus, Pod, PodStatus } from "#gen/api/core/v1.ts";
import { regularInitContainers, sidecars } from "./pod-runtime.ts";

interface Counts {
  pending: number;
  pendingSidecars: number;
  failedInit: number;
  unknown: number;
  running: number;
  waiting: number;
  stopped: number;
  succeeded: number;
}

type Find = (name: string) => ContainerStatus | undefined;

function countInit(pod: Pod, find: Find, counts: Counts): void {
  for (const { name } of regularInitContainers(pod)) {
    const status = find(name);
    const ended = status?.state?.terminated;
    const endedBefore = status?.lastState?.terminated;
    if (ended !== undefined) counts.failedInit += ended.exitCode === 0 ? 0 : 1;
    else if (status?.state?.waiting !== undefined && endedBefore !== undefined) {
      counts.failedInit += endedBefore.exitCode === 0 ? 0 : 1;
    } else counts.pending += 1;
  }
}

function countSidecars(pod: Pod, find: Find, counts: Counts): void {
  for (const { name } of sidecars(pod)) {
    const status = find(name);
    if (status === undefined) counts.unknown += 1;
    else if (status.state?.running !== undefined) {
      counts.running += 1;
      if (status.started !== true) counts.pendingSidecars += 1;
    } else if (status.state?.waiting !== undefined && status.lastState?.terminated === undefined) {
      counts.pendingSidecars += 1;
      counts.waiting += 1;
    }
  }
}

function countMain(pod: Pod, find: Find, counts: Counts): void {
  for (const { name } of pod.spec.containers) {
    const state = find(name)?.state;
    if (state?.running !== undefined) counts.running += 1;
    else if (state?.terminated !== undefined) {
      counts.stopped += 1;
      if (state.terminated.exitCode === 0) counts.succeeded += 1;
    } else if (state?.waiting !== undefined) {
      if (find(name)?.lastState?.terminated === undefined) counts.waiting += 1;
      else counts.stopped += 1;
    } else counts.unknown += 1;
  }
}

export function podPhase(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  { terminal, initialized }: { readonly terminal: boolean; readonly initialized: boolean },
): NonNullable<PodStatus["phase"]> {
  const counts: Counts = {
    pending: 0,
    pendingSidecars: 0,
    failedInit: 0,
    unknown: 0,
    running: 0,
    waiting: 0,
    stopped: 0,
    succeeded: 0,
  };
  const find: Find = (name) => statuses.find((status) => status.name === name);
  countInit(pod, find, counts);
  countSidecars(pod, find, counts);
  countMain(pod, find, counts);
  const policy = pod.spec.restartPolicy ?? "Always";
  if (counts.failedInit > 0 && policy === "Never") return "Failed";
  if (counts.pending > 0 || counts.waiting > 0) return "Pending";
  if (counts.pendingSidecars > 0 && !initialized) return "Pending";
  if (counts.unknown > 0) return "Pending";
  if (counts.running > 0) return "Running";
  if (counts.stopped === 0) return "Pending";
  const allSucceeded = counts.stopped === counts.succeeded;
  if (terminal) return allSucceeded ? "Succeeded" : "Failed";
  if (policy === "Always") return "Running";
  if (allSucceeded) return "Succeeded";
  return policy === "Never" ? "Failed" : "Running";
}
