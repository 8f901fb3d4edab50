import { type ReplicaSet, replicasets } from "#gen/api/apps/v1.ts";
import { age, containerCells, selectorCell } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const replicaSetResource = defineResource<ReplicaSet>({
  ref: replicasets,
  cells: (object, context) => [
    object.metadata.name,
    object.spec.replicas ?? 0,
    object.status?.replicas ?? 0,
    object.status?.readyReplicas ?? 0,
    age(object, context),
    ...containerCells(object.spec.template?.spec?.containers),
    selectorCell(object.spec.selector),
  ],
});
