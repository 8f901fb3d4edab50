/** What the agent knows of a pod's containers that the runtime cannot tell: rebuilt, or lost, at a restart. */
import { parseTime } from "#apimachinery/time.ts";
import type { ContainerStatus, Pod, ResourceRequirements } from "#gen/api/core/v1.ts";
import { type Backoff, containerBackoff } from "./backoff.ts";

export interface Waiting {
  readonly reason: string;
  readonly message: string;
}

export interface FailedProbe {
  readonly containerId: string;
  readonly probe: "liveness" | "startup";
  readonly graceSeconds: number | undefined;
}

/** Container ids stand where a fact is about one incarnation, so that it dies with it. */
export interface ContainerMemory {
  readonly backoff?: Backoff | undefined;
  /** The last start failed thus; tried again at retryAt (milliseconds). */
  readonly waiting?: (Waiting & { readonly retryAt: number }) | undefined;
  readonly startupPassed?: string | undefined;
  readonly ready?: string | undefined;
  readonly failedProbe?: FailedProbe | undefined;
  /** Stopped so that it starts again with other resources. */
  readonly stoppedForResize?: string | undefined;
  /** What the runtime was last told that the container may use. */
  readonly applied?: AppliedResources | undefined;
}

export interface AppliedResources {
  readonly containerId: string;
  readonly resources: ResourceRequirements;
  /** Why they could not be changed. */
  readonly error?: string | undefined;
}

export type PodMemory = ReadonlyMap<string, ContainerMemory>;

/** A crash loop goes on where it was: its restarts tell how far the back-off had come. */
function backoffFromStatus({
  state,
  lastState,
  restartCount,
}: ContainerStatus): Backoff | undefined {
  const ended = parseTime(lastState?.terminated?.finishedAt ?? "")?.getTime();
  if (state?.waiting?.reason !== "CrashLoopBackOff" || ended === undefined) return undefined;
  const delay = containerBackoff.initial * 2 ** Math.max(0, restartCount - 1);
  return { delay: Math.min(delay, containerBackoff.max), lastUpdate: ended };
}

/** The pod's last reported status, as memory: a restarted agent does not take readiness away. */
export function memoryFromStatus(pod: Pod): Map<string, ContainerMemory> {
  const statuses = [
    ...(pod.status.containerStatuses ?? []),
    ...(pod.status.initContainerStatuses ?? []),
  ];
  const memory = new Map<string, ContainerMemory>();
  for (const status of statuses) {
    const backoff = backoffFromStatus(status);
    if (backoff !== undefined) memory.set(status.name, { backoff });
    const id = status.containerID?.replace(/^[^:]*:\/\//, "");
    if (id === undefined || status.state?.running === undefined) continue;
    memory.set(status.name, {
      ...(status.started === true ? { startupPassed: id } : {}),
      ...(status.ready ? { ready: id } : {}),
      ...(status.resources === undefined
        ? {}
        : { applied: { containerId: id, resources: status.resources } }),
    });
  }
  return memory;
}
