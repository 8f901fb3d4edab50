import { type HorizontalPodAutoscaler, horizontalpodautoscalers } from "#gen/api/autoscaling/v2.ts";
import { defineResource } from "#resources/resource.ts";

export const horizontalPodAutoscalerResource = defineResource<HorizontalPodAutoscaler>({
  ref: horizontalpodautoscalers,
});
