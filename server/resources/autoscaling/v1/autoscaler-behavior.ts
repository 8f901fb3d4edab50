/** How an autoscaler behaves, as autoscaling/v1 spells it in an annotation: by upstream's inner names, unset fields as null. */
import type { HorizontalPodAutoscalerBehavior, HPAScalingRules } from "#gen/api/autoscaling/v2.ts";

function shownRules(rules: HPAScalingRules | undefined): object | null {
  if (rules === undefined) return null;
  const { stabilizationWindowSeconds, selectPolicy, policies, tolerance } = rules;
  return {
    StabilizationWindowSeconds: stabilizationWindowSeconds ?? null,
    SelectPolicy: selectPolicy ?? null,
    Policies:
      policies?.map(({ type, value, periodSeconds }) => ({
        Type: type,
        Value: value,
        PeriodSeconds: periodSeconds,
      })) ?? null,
    Tolerance: tolerance ?? null,
  };
}

export function shownBehavior(behavior: HorizontalPodAutoscalerBehavior | undefined) {
  if (behavior === undefined) return undefined;
  return { ScaleUp: shownRules(behavior.scaleUp), ScaleDown: shownRules(behavior.scaleDown) };
}

/** Names begin small, as in v2; what is null is not there. */
export function readBehavior(said: unknown): unknown {
  if (Array.isArray(said)) return said.map(readBehavior);
  if (typeof said !== "object" || said === null) return said;
  return Object.fromEntries(
    Object.entries(said)
      .filter(([, value]) => value !== null)
      .map(([name, value]) => [name.charAt(0).toLowerCase() + name.slice(1), readBehavior(value)]),
  );
}
