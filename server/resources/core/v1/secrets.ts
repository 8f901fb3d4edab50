import { type Secret, secrets } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const secretResource = defineResource<Secret>({
  ref: secrets,
  hasGeneration: false,
  cells: (object, context) => [
    object.metadata.name,
    object.type ?? "",
    Object.keys(object.data ?? {}).length,
    age(object, context),
  ],
});
