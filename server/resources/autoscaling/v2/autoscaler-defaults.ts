import type { HorizontalPodAutoscaler, HPAScalingRules } from "#gen/api/autoscaling/v2.ts";
import { withoutExtras } from "./autoscaler-annotations.ts";

const periodSeconds = 15;

const scaleUp = (): HPAScalingRules => ({
  stabilizationWindowSeconds: 0,
  selectPolicy: "Max",
  policies: [
    { type: "Pods", value: 4, periodSeconds },
    { type: "Percent", value: 100, periodSeconds },
  ],
});

const scaleDown = (): HPAScalingRules => ({
  selectPolicy: "Max",
  policies: [{ type: "Percent", value: 100, periodSeconds }],
});

function filled(given: HPAScalingRules | undefined, standard: HPAScalingRules): HPAScalingRules {
  const said = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...standard, ...Object.fromEntries(said) };
}

export function defaultAutoscaler({ metadata, spec }: HorizontalPodAutoscaler): void {
  metadata.annotations = withoutExtras(metadata.annotations);
  spec.minReplicas ??= 1;
  if ((spec.metrics ?? []).length === 0) {
    const target = { type: "Utilization", averageUtilization: 80 };
    spec.metrics = [{ type: "Resource", resource: { name: "cpu", target } }];
  }
  const { behavior } = spec;
  if (behavior === undefined) return;
  behavior.scaleUp = filled(behavior.scaleUp, scaleUp());
  behavior.scaleDown = filled(behavior.scaleDown, scaleDown());
}
