import { type Namespace, namespaces } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const namespaceResource = defineResource<Namespace>({
  ref: namespaces,
  hasGeneration: false,
  cells: (object, context) => [
    object.metadata.name,
    object.status?.phase ?? "",
    age(object, context),
  ],
});
