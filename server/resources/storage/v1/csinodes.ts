import { type CSINode, csinodes } from "#gen/api/storage/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
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
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: (object, context) => [
    object.metadata.name,
    (object.spec.drivers ?? []).length,
    age(object, context),
  ],
});
