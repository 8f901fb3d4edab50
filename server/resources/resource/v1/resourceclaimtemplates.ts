import { type ResourceClaimTemplate, resourceclaimtemplates } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const resourceClaimTemplateResource = defineResource<ResourceClaimTemplate>({
  ref: resourceclaimtemplates,
  hasGeneration: false,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
