import { type HorizontalPodAutoscaler, horizontalpodautoscalers } from "#gen/api/autoscaling/v1.ts";
import {
  horizontalpodautoscalers as storedAutoscalers,
  type HorizontalPodAutoscaler as V2,
} from "#gen/api/autoscaling/v2.ts";
import { autoscalerCells } from "#resources/autoscaling/v2/autoscaler-cells.ts";
import {
  validateAutoscaler,
  validateAutoscalerStatus,
  validateAutoscalerUpdate,
} from "#resources/autoscaling/v2/autoscaler-validation.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { fromV2, toV2 } from "./autoscaler-conversion.ts";

export const horizontalPodAutoscalerV1Resource = defineResource<HorizontalPodAutoscaler>({
  ref: horizontalpodautoscalers,
  validate: (object) => validateAutoscaler(toV2(object)),
  validateUpdate: (object, old) => validateAutoscalerUpdate(toV2(object), toV2(old)),
  validateStatusUpdate: (object) => validateAutoscalerStatus(toV2(object)),
  metaRules: { wholeOnUpdate: false },
  cells: (object, context) => autoscalerCells(toV2(object), context),
  default: ({ spec }) => {
    spec.minReplicas ??= 1;
  },
  prepareForCreate: (object) => {
    object.status = { currentReplicas: 0, desiredReplicas: 0 };
  },
  prepareForUpdate: keepStatus,
  storedAs: {
    ref: storedAutoscalers,
    toStored: toV2,
    // Only autoscaling/v2 is stored under that key.
    fromStored: (object) => fromV2(object as V2),
  },
});
