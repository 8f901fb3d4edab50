/** The conditions of an autoscaler; one that says the same as before keeps its time. */
import { formatTime } from "#apimachinery/time.ts";
import type { HorizontalPodAutoscalerCondition } from "#gen/api/autoscaling/v2.ts";

export interface Wanted {
  readonly type: "AbleToScale" | "ScalingActive" | "ScalingLimited" | "ScaledToZero";
  readonly status: "True" | "False";
  readonly reason: string;
  readonly message: string;
}

type Conditions = readonly HorizontalPodAutoscalerCondition[];

export function withConditions(
  known: Conditions,
  wanted: readonly Wanted[],
  now: Date,
): HorizontalPodAutoscalerCondition[] {
  const conditions = [...known];
  for (const one of wanted) {
    const index = conditions.findIndex(({ type }) => type === one.type);
    const old = conditions[index];
    const same = old?.status === one.status;
    const lastTransitionTime = same ? old?.lastTransitionTime : formatTime(now);
    const next = { ...old, ...one, lastTransitionTime };
    if (index < 0) conditions.push(next);
    else conditions[index] = next;
  }
  return conditions;
}

export function isTrue(known: Conditions | undefined, type: Wanted["type"]): boolean {
  return known?.some((one) => one.type === type && one.status === "True") ?? false;
}
