import { type Lease, leases } from "#gen/api/coordination/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const leaseResource = defineResource<Lease>({
  ref: leases,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  allowCreateOnUpdate: true,
  cells: (object, context) => [
    object.metadata.name,
    object.spec?.holderIdentity ?? "",
    age(object, context),
  ],
});
