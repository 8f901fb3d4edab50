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
