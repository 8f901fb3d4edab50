import { type ResourceSlice, resourceslices } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { drop } from "#resources/drop.ts";
import { defineResource } from "#resources/resource.ts";
import { validateSlice, validateSliceUpdate } from "./slice-validation.ts";

export const resourceSliceResource = defineResource<ResourceSlice>({
  ref: resourceslices,
  warnings: ({ spec: { driver = "" } }) =>
    driver === driver.toLowerCase()
      ? []
      : [
          `spec.driver: driver names should be lowercase; ${JSON.stringify(driver)} contains uppercase characters`,
        ],
  validate: validateSlice,
  validateUpdate: validateSliceUpdate,
  metaRules: { wholeOnUpdate: false },
  dropDisabled: ({ spec }) => {
    drop(spec, "partitionTypeAttribute", "skipNodeOperations");
    for (const device of spec.devices ?? []) drop(device, "nodeAllocatableResources");
  },
  cells: (object, context) => [
    object.metadata.name,
    object.spec.nodeName ?? "",
    object.spec.driver,
    object.spec.pool.name,
    age(object, context),
  ],
});
