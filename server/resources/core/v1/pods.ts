import { type Pod, pods } from "#gen/api/core/v1.ts";
import { dropDisabledPodFields } from "#resources/core/v1/pod-spec/disabled-fields.ts";
import { defineResource, type RowCondition } from "#resources/resource.ts";
import { podWarnings } from "#resources/warnings/pod-template.ts";
import { nameWarnings } from "#resources/warnings/workload-names.ts";
import { podCells } from "./pod-cells.ts";
import { defaultPod } from "./pod-spec/pod-defaults.ts";
import {
  gracePeriodSeconds,
  prepareForCreate,
  prepareForStatusUpdate,
  prepareForUpdate,
} from "./pod-spec/pod-strategy.ts";
import { validatePod, validatePodUpdate } from "./pod-spec/validate-pod.ts";
import { validatePodStatusUpdate } from "./pod-spec/validate-pod-status.ts";

const completed = (reason: string, message: string): readonly RowCondition[] => [
  { type: "Completed", status: "True", reason, message },
];
const ended: Readonly<Record<string, readonly RowCondition[]>> = {
  Succeeded: completed("Succeeded", "The pod has completed successfully."),
  Failed: completed("Failed", "The pod failed."),
};

export const podResource = defineResource<Pod>({
  ref: pods,
  // Not on updates: controllers and kubelets make most of them.
  warnings: (pod, old) =>
    old === undefined ? [...nameWarnings(pod, "the Pod's hostname"), ...podWarnings(pod)] : [],
  default: defaultPod,
  prepareForCreate,
  prepareForUpdate,
  dropDisabled: ({ spec }) => dropDisabledPodFields(spec),
  prepareForStatusUpdate,
  gracePeriodSeconds,
  validate: validatePod,
  validateUpdate: validatePodUpdate,
  validateStatusUpdate: validatePodStatusUpdate,
  selectableFields: ({ spec, status }) => ({
    "spec.nodeName": spec.nodeName ?? "",
    "spec.restartPolicy": spec.restartPolicy ?? "",
    "spec.schedulerName": spec.schedulerName ?? "",
    "spec.serviceAccountName": spec.serviceAccountName ?? "",
    "spec.hostNetwork": `${spec.hostNetwork ?? false}`,
    "status.phase": status?.phase ?? "",
    "status.podIP": status?.podIPs?.[0]?.ip ?? "",
    // Known, and empty: the API server keeps no such field of a pod.
    "status.podIPs": "",
    "status.nominatedNodeName": status?.nominatedNodeName ?? "",
  }),
  indexedFields: ["spec.nodeName"],
  cells: podCells,
  rowConditions: ({ status }) => ended[status?.phase ?? ""],
});
