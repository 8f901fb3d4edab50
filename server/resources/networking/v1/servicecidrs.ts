import { type ServiceCIDR, servicecidrs } from "#gen/api/networking/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";

export const serviceCIDRResource = defineResource<ServiceCIDR>({
  ref: servicecidrs,
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  hasGeneration: false,
  cells: (object, context) => [
    object.metadata.name,
    (object.spec.cidrs ?? []).join(","),
    age(object, context),
  ],
});
