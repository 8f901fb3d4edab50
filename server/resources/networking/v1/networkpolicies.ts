import { holdsEmpties } from "#apimachinery/codec/empties.ts";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { Path } from "#apimachinery/field-error.ts";
import {
  type NetworkPolicy,
  type NetworkPolicyPeer,
  networkpolicies,
} from "#gen/api/networking/v1.ts";
import { age, selectorCell } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { cidrWarnings } from "#resources/warnings/addresses.ts";
import { validateNetworkPolicy, validateNetworkPolicyUpdate } from "./network-policy-validation.ts";

export const networkPolicyResource = defineResource<NetworkPolicy>({
  ref: networkpolicies,
  metaRules: { wholeOnUpdate: false },
  warnings: ({ spec }) => {
    const of = (rule: string, field: string, peers: readonly NetworkPolicyPeer[] | undefined) =>
      (peers ?? []).flatMap(({ ipBlock }, index) => {
        const path = new Path(`spec.${rule}.${field}`).index(index).child("ipBlock");
        return [
          ...cidrWarnings(path.child("cidr"), ipBlock?.cidr),
          ...(ipBlock?.except ?? []).flatMap((cidr, position) =>
            cidrWarnings(path.child("except").index(position), cidr),
          ),
        ];
      });
    return [
      ...(spec?.ingress ?? []).flatMap(({ from }, index) => of(`ingress[${index}]`, "from", from)),
      ...(spec?.egress ?? []).flatMap(({ to }, index) => of(`egress[${index}]`, "to", to)),
    ];
  },
  default: ({ spec }) => {
    if (spec === undefined) return;
    const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
    for (const { ports } of rules) for (const port of ports ?? []) port.protocol ??= "TCP";
    if ((spec.policyTypes ?? []).length > 0) return;
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
  },
  // Upstream compares to the letter here, and its store holds nothing that is empty.
  raisesGeneration: ({ spec }, old) => holdsEmpties(spec) || !deepEqual(spec, old.spec),
  validate: validateNetworkPolicy,
  validateUpdate: validateNetworkPolicyUpdate,
  cells: (object, context) => [
    object.metadata.name,
    selectorCell(object.spec?.podSelector ?? {}),
    age(object, context),
  ],
});
