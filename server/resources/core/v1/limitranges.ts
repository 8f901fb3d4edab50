import { type LimitRange, limitranges } from "#gen/api/core/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const limitRangeResource = defineResource<LimitRange>({
  ref: limitranges,
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
