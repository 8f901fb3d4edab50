import { type Deployment, deployments } from "#gen/api/apps/v1.ts";
import { age, containerCells, selectorCell } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const deploymentResource = defineResource<Deployment>({
  ref: deployments,
  cells: (object, context) => [
    object.metadata.name,
    `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    object.status?.updatedReplicas ?? 0,
    object.status?.availableReplicas ?? 0,
    age(object, context),
    ...containerCells(object.spec.template.spec?.containers),
    selectorCell(object.spec.selector),
  ],
});
