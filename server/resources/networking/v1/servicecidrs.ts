import { type ServiceCIDR, servicecidrs } from "#gen/api/networking/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const serviceCIDRResource = defineResource<ServiceCIDR>({
  ref: servicecidrs,
  hasGeneration: false,
  cells: (object, context) => [
    object.metadata.name,
    (object.spec.cidrs ?? []).join(","),
    age(object, context),
  ],
});
