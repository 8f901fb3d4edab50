import { Path } from "#apimachinery/field-error.ts";
import { roundResourceList } from "#apimachinery/resource-list.ts";
import { type Node, nodes } from "#gen/api/core/v1.ts";
import { drop } from "#resources/drop.ts";
import { defineResource } from "#resources/resource.ts";
import { cidrWarnings } from "#resources/warnings/addresses.ts";
import { nodeCells } from "./node-cells.ts";
import { validateNode, validateNodeChange, validateNodeUpdate } from "./node-validation.ts";

export const nodeResource = defineResource<Node>({
  ref: nodes,
  warnings: ({ spec }) => [
    ...(spec?.externalID
      ? ["spec.externalID: this field is deprecated, and is unused by Kubernetes"]
      : []),
    ...(spec?.podCIDRs ?? []).flatMap((cidr, index) =>
      cidrWarnings(new Path("spec.podCIDRs").index(index), cidr),
    ),
  ],
  validate: validateNode,
  validateUpdate: validateNodeUpdate,
  validateStatusUpdate: validateNodeChange,
  hasGeneration: false,
  dropDisabled: ({ spec }) => drop(spec, "configSource", "podPreemptionPolicy"),
  default: ({ spec, status }) => {
    // podCIDR is the first of podCIDRs; where they differ the older field speaks.
    if (spec?.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
    else if (spec?.podCIDRs?.[0] !== undefined) spec.podCIDR = spec.podCIDRs[0];
    if (status === undefined) return;
    roundResourceList(status.capacity);
    roundResourceList(status.allocatable);
    if (status.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  },
  // A node comes with its status: the kubelet registers with what it has found.
  prepareForCreate: ({ status }) => {
    delete status?.config;
  },
  prepareForUpdate: (node, old) => {
    node.status = old.status;
  },
  prepareForStatusUpdate: (node, old) => {
    node.spec = old.spec;
    if (old.status?.config === undefined) drop(node.status, "config");
  },
  selectableFields: ({ spec }) => ({ "spec.unschedulable": `${spec?.unschedulable ?? false}` }),
  cells: nodeCells,
});
