import { roundResourceList } from "#apimachinery/resource-list.ts";
import type { LimitRangeItem } from "#gen/api/core/v1.ts";
import { type LimitRange, limitranges } from "#gen/api/core/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { validateLimitRange } from "./limit-range-validation.ts";

/** A container's limit defaults to its maximum, its request to the limit, else to the minimum. */
function defaultItem(item: LimitRangeItem): void {
  for (const list of [
    item.max,
    item.min,
    item.default,
    item.defaultRequest,
    item.maxLimitRequestRatio,
  ])
    roundResourceList(list);
  if (item.type !== "Container") return;
  const limits = { ...item.max, ...item.default };
  const requests = { ...item.min, ...limits, ...item.defaultRequest };
  if (Object.keys(limits).length > 0) item.default = limits;
  if (Object.keys(requests).length > 0) item.defaultRequest = requests;
}

export const limitRangeResource = defineResource<LimitRange>({
  ref: limitranges,
  validate: validateLimitRange,
  validateUpdate: validateLimitRange,
  // As upstream: one without a name is called by a random one.
  prepareForCreate: ({ metadata }, { newUid }) => {
    if (!metadata.name) metadata.name = newUid?.() ?? metadata.uid ?? "";
  },
  default: ({ spec }) => {
    for (const item of spec?.limits ?? []) defaultItem(item);
  },
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
