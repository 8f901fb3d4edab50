import { type HorizontalPodAutoscaler, horizontalpodautoscalers } from "#gen/api/autoscaling/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const horizontalPodAutoscalerV1Resource = defineResource<HorizontalPodAutoscaler>({
  ref: horizontalpodautoscalers,
});
