import { type NetworkPolicy, networkpolicies } from "#gen/api/networking/v1.ts";
import { age, selectorCell } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const networkPolicyResource = defineResource<NetworkPolicy>({
  ref: networkpolicies,
  cells: (object, context) => [
    object.metadata.name,
    selectorCell(object.spec?.podSelector ?? {}),
    age(object, context),
  ],
});
