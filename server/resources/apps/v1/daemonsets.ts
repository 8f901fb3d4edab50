import { type DaemonSet, daemonsets } from "#gen/api/apps/v1.ts";
import { age, containerCells, formatLabels, selectorCell } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const daemonSetResource = defineResource<DaemonSet>({
  ref: daemonsets,
  cells: (object, context) => [
    object.metadata.name,
    object.status?.desiredNumberScheduled ?? 0,
    object.status?.currentNumberScheduled ?? 0,
    object.status?.numberReady ?? 0,
    object.status?.updatedNumberScheduled ?? 0,
    object.status?.numberAvailable ?? 0,
    formatLabels(object.spec.template.spec?.nodeSelector),
    age(object, context),
    ...containerCells(object.spec.template.spec?.containers),
    selectorCell(object.spec.selector),
  ],
});
