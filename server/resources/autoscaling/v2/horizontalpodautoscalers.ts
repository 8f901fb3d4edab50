import { type HorizontalPodAutoscaler, horizontalpodautoscalers } from "#gen/api/autoscaling/v2.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { autoscalerCells } from "./autoscaler-cells.ts";
import { defaultAutoscaler } from "./autoscaler-defaults.ts";

export const horizontalPodAutoscalerResource = defineResource<HorizontalPodAutoscaler>({
  ref: horizontalpodautoscalers,
  default: defaultAutoscaler,
  prepareForCreate: (object) => {
    object.status = { desiredReplicas: 0 };
  },
  prepareForUpdate: keepStatus,
  cells: autoscalerCells,
});
