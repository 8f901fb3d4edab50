import { type CSINode, csinodes } from "#gen/api/storage/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const csiNodeResource = defineResource<CSINode>({
  ref: csinodes,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: (object, context) => [
    object.metadata.name,
    (object.spec.drivers ?? []).length,
    age(object, context),
  ],
});
