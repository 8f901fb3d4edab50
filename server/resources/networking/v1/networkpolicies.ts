import { type NetworkPolicy, networkpolicies } from "#gen/api/networking/v1.ts";
import { age, selectorCell } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateNetworkPolicy, validateNetworkPolicyUpdate } from "./network-policy-validation.ts";

export const networkPolicyResource = defineResource<NetworkPolicy>({
  ref: networkpolicies,
  default: ({ spec }) => {
    if (spec === undefined) return;
    const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
    for (const { ports } of rules) for (const port of ports ?? []) port.protocol ??= "TCP";
    if ((spec.policyTypes ?? []).length > 0) return;
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  },
  validate: validateNetworkPolicy,
  validateUpdate: validateNetworkPolicyUpdate,
  cells: (object, context) => [
    object.metadata.name,
    selectorCell(object.spec?.podSelector ?? {}),
    age(object, context),
  ],
});
