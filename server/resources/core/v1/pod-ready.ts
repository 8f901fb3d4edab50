/** What a Pod's conditions and phase say, for everybody who asks. */
import type { Pod, PodCondition } from "#gen/api/core/v1.ts";

type WithStatus = Pick<Pod, "status">;

export function podCondition({ status }: WithStatus, type: string): PodCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** True when the condition is there and True. */
export function hasCondition(pod: WithStatus, type: string): boolean {
  return podCondition(pod, type)?.status === "True";
}

export function isPodReady(pod: WithStatus): boolean {
  return hasCondition(pod, "Ready");
}

/** Succeeded or Failed: it will not run again. */
export function isPodTerminal({ status }: WithStatus): boolean {
  return status?.phase === "Succeeded" || status?.phase === "Failed";
}

/** Neither ended nor being deleted: what controllers count as a replica. */
export function isPodActive(pod: Pod): boolean {
  return !isPodTerminal(pod) && pod.metadata.deletionTimestamp === undefined;
}

/** Ready for at least `minReadySeconds`. */
export function isPodAvailable(pod: WithStatus, minReadySeconds: number, now: Date): boolean {
  const ready = podCondition(pod, "Ready");
  if (ready?.status !== "True") return false;
  if (minReadySeconds === 0) return true;
  const since = Date.parse(ready.lastTransitionTime ?? "");
  return !Number.isNaN(since) && since + minReadySeconds * 1000 <= now.getTime();
}
