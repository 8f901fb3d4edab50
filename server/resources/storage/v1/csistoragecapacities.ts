import { type CSIStorageCapacity, csistoragecapacities } from "#gen/api/storage/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const csiStorageCapacityResource = defineResource<CSIStorageCapacity>({
  ref: csistoragecapacities,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
});
