import { type ServiceAccount, serviceaccounts } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const serviceAccountResource = defineResource<ServiceAccount>({
  ref: serviceaccounts,
  hasGeneration: false,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
