import { type CSINode, csinodes } from "#gen/api/storage/v1.ts";
import { age } from "#resources/cells.ts";
import { drop } from "#resources/drop.ts";
import { defineResource } from "#resources/resource.ts";
import { keepMetadata } from "#resources/strategy.ts";
import {
  validateCSINode,
  validateCSINodeStatus,
  validateCSINodeUpdate,
} from "./csi-node-validation.ts";

export const csiNodeResource = defineResource<CSINode>({
  ref: csinodes,
  validate: validateCSINode,
  validateUpdate: validateCSINodeUpdate,
  validateStatusUpdate: validateCSINodeStatus,
  prepareForCreate: (node) => {
    node.status = {};
  },
  prepareForStatusUpdate: (node, old) => {
    keepMetadata(node.metadata, old.metadata);
    node.spec = old.spec;
    // Health of storage belongs to a feature that is off.
    if ((old.status?.storageHealth ?? []).length === 0) drop(node.status, "storageHealth");
  },
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: (object, context) => [
    object.metadata.name,
    (object.spec.drivers ?? []).length,
    age(object, context),
  ],
});
