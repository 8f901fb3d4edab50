import { type ReplicationController, replicationcontrollers } from "#gen/api/core/v1.ts";
import { age, containerCells, formatLabels } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const replicationControllerResource = defineResource<ReplicationController>({
  ref: replicationcontrollers,
  defaultPropagation: "Orphan",
  cells: (object, context) => [
    object.metadata.name,
    object.spec?.replicas ?? 0,
    object.status?.replicas ?? 0,
    object.status?.readyReplicas ?? 0,
    age(object, context),
    ...containerCells(object.spec?.template?.spec?.containers),
    formatLabels(object.spec?.selector),
  ],
});
