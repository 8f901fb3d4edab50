import { type ConfigMap, configmaps } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateConfigMap, validateConfigMapUpdate } from "./data-validation.ts";

export const configMapResource = defineResource<ConfigMap>({
  ref: configmaps,
  validate: validateConfigMap,
  validateUpdate: validateConfigMapUpdate,
  hasGeneration: false,
  cells: (object, context) => [
    object.metadata.name,
    Object.keys(object.data ?? {}).length + Object.keys(object.binaryData ?? {}).length,
    age(object, context),
  ],
});
