import { type Node, nodes } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const nodeResource = defineResource<Node>({
  ref: nodes,
  hasGeneration: false,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
