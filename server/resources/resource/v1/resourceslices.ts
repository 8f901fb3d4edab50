import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { formatTime } from "#apimachinery/time.ts";
import { type ResourceSlice, resourceslices } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { drop } from "#resources/drop.ts";
import { defineResource } from "#resources/resource.ts";
import { validateSlice } from "./slice-validation.ts";

/** A taint says since when it is. */
function stampTaints({ spec }: ResourceSlice, now: Date): void {
  for (const { taints } of spec.devices ?? [])
    for (const taint of taints ?? []) taint.timeAdded ??= formatTime(now);
}

/** Of features that upstream has off. */
function dropDisabled({ spec }: ResourceSlice): void {
  drop(spec, "partitionTypeAttribute", "skipNodeOperations");
  for (const device of spec.devices ?? []) {
    drop(device, "nodeAllocatableResources");
    for (const attribute of Object.values(device.attributes ?? {}))
      drop(attribute, "bools", "ints", "strings", "versions");
  }
}

export const resourceSliceResource = defineResource<ResourceSlice>({
  ref: resourceslices,
  warnings: ({ spec: { driver = "" } }) =>
    driver === driver.toLowerCase()
      ? []
      : [
          `spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`,
        ],
  hasGeneration: false,
  prepareForCreate: (slice, { now }) => {
    slice.metadata.generation = 1;
    dropDisabled(slice);
    stampTaints(slice, now);
  },
  // What is not kept is a change all the same.
  prepareForUpdate: (slice, old, { now }) => {
    const isChanged = !meansTheSame(slice.spec, old.spec);
    if (isChanged) slice.metadata.generation = (old.metadata.generation ?? 0) + 1;
    dropDisabled(slice);
    stampTaints(slice, now);
  },
  validate: validateSlice,
  validateUpdate: validateSlice,
  metaRules: { wholeOnUpdate: false },
  selectableFields: ({ spec }) => ({
    "spec.nodeName": spec.nodeName ?? "",
    "spec.driver": spec.driver,
    "spec.pool.name": spec.pool?.name ?? "",
  }),
  cells: (object, context) => [
    object.metadata.name,
    object.spec.nodeName ?? "",
    object.spec.driver,
    object.spec.pool.name,
    age(object, context),
  ],
});
