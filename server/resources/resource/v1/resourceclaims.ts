import { type ResourceClaim, resourceclaims } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { validateClaimStatus } from "./claim-status-validation.ts";
import { validateClaim, validateClaimUpdate } from "./claim-validation.ts";
import { defaultDevices, dropDerivedAttributes } from "./device-requests.ts";

export const resourceClaimResource = defineResource<ResourceClaim>({
  ref: resourceclaims,
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatus,
  default: ({ spec }) => defaultDevices(spec),
  dropDisabled: ({ spec }) => dropDerivedAttributes(spec),
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  hasGeneration: false,
  cells: (object, context) => {
    const deleted = object.metadata.deletionTimestamp !== undefined ? ["deleted"] : [];
    const { allocation, reservedFor = [] } = object.status ?? {};
    const pending = deleted.length === 0 ? ["pending"] : [];
    const allocated = ["allocated", ...(reservedFor.length > 0 ? ["reserved"] : [])];
    const state = [...deleted, ...(allocation === undefined ? pending : allocated)].join(",");
    return [object.metadata.name, state, age(object, context)];
  },
});
