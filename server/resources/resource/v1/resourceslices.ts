import { type ResourceSlice, resourceslices } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
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
  cells: (object, context) => [
    object.metadata.name,
    object.spec.nodeName ?? "",
    object.spec.driver,
    object.spec.pool.name,
    age(object, context),
  ],
});
