import { type HorizontalPodAutoscaler, horizontalpodautoscalers } from "#gen/api/autoscaling/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";

export const horizontalPodAutoscalerV1Resource = defineResource<HorizontalPodAutoscaler>({
  ref: horizontalpodautoscalers,
  default: ({ spec }) => {
    spec.minReplicas ??= 1;
  },
  prepareForCreate: (object) => {
    object.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  prepareForUpdate: keepStatus,
});
