import { type Service, services } from "#gen/api/core/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const serviceResource = defineResource<Service>({
  ref: services,
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
