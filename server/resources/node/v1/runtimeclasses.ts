import { type RuntimeClass, runtimeclasses } from "#gen/api/node/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const runtimeClassResource = defineResource<RuntimeClass>({
  ref: runtimeclasses,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: true,
  cells: (object, context) => [object.metadata.name, object.handler, age(object, context)],
});
