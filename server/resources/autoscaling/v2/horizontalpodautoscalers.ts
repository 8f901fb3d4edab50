import { type HorizontalPodAutoscaler, horizontalpodautoscalers } from "#gen/api/autoscaling/v2.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { autoscalerCells } from "./autoscaler-cells.ts";
import { defaultAutoscaler } from "./autoscaler-defaults.ts";
import {
  validateAutoscaler,
  validateAutoscalerStatus,
  validateAutoscalerUpdate,
} from "./autoscaler-validation.ts";

export const horizontalPodAutoscalerResource = defineResource<HorizontalPodAutoscaler>({
  ref: horizontalpodautoscalers,
  validate: validateAutoscaler,
  validateUpdate: validateAutoscalerUpdate,
  validateStatusUpdate: validateAutoscalerStatus,
  metaRules: { wholeOnUpdate: false },
  default: defaultAutoscaler,
  prepareForCreate: (object) => {
    object.status = { desiredReplicas: 0 };
  },
  prepareForUpdate: keepStatus,
  cells: autoscalerCells,
});
