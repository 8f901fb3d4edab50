import { type StatefulSet, statefulsets } from "#gen/api/apps/v1.ts";
import { age, containerCells } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const statefulSetResource = defineResource<StatefulSet>({
  ref: statefulsets,
  cells: (object, context) => [
    object.metadata.name,
    `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    age(object, context),
    ...containerCells(object.spec.template.spec?.containers),
  ],
});
