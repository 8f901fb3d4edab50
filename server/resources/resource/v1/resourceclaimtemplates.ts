import { type ResourceClaimTemplate, resourceclaimtemplates } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { defaultDevices } from "./device-requests.ts";

export const resourceClaimTemplateResource = defineResource<ResourceClaimTemplate>({
  ref: resourceclaimtemplates,
  default: ({ spec }) => defaultDevices(spec?.spec),
  hasGeneration: false,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
