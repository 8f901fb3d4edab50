/** What a pod's status says to its controllers. */
import { parseTime } from "#apimachinery/time.ts";
import type { Pod, PodCondition } from "#gen/api/core/v1.ts";

export function podCondition({ status }: Pod, type: string): PodCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function isPodReady(pod: Pod): boolean {
  return podCondition(pod, "Ready")?.status === "True";
}

/** Succeeded or Failed: it will never run again. */
export function isPodTerminal({ status }: Pod): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

export function isPodTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Counts towards the wanted number. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && !isPodTerminating(pod);
}

/** Milliseconds until a ready pod is available; 0: it is; undefined: it is not ready. */
export function untilAvailable(pod: Pod, minReadySeconds: number, now: Date): number | undefined {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return undefined;
  if (minReadySeconds === 0) return 0;
  const since = parseTime(ready.lastTransitionTime ?? "");
  if (since === undefined) return undefined;
  return Math.max(0, since.getTime() + minReadySeconds * 1000 - now.getTime());
}
