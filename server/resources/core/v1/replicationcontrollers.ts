import { Path } from "#apimachinery/field-error.ts";
import { formatSelector, selectorFromMap } from "#apimachinery/labels.ts";
import { type ReplicationController, replicationcontrollers } from "#gen/api/core/v1.ts";
import { age, containerCells, formatLabels } from "#resources/cells.ts";
import { defaultPodTemplate } from "#resources/core/v1/pod-spec/defaults.ts";
import { dropDisabledPodFields } from "#resources/core/v1/pod-spec/disabled-fields.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { templateWarnings } from "#resources/warnings/pod-template.ts";
import { nameWarnings } from "#resources/warnings/workload-names.ts";
import {
  validateReplicationController,
  validateReplicationControllerStatus,
} from "./replication-controller-validation.ts";

export const replicationControllerResource = defineResource<ReplicationController>({
  ref: replicationcontrollers,
  metaRules: { anyGenerateName: true },
  warnings: (object, old) => {
    if (old !== undefined && old.metadata.generation === object.metadata.generation) return [];
    const named = old === undefined ? nameWarnings(object, "Pod names and hostnames") : [];
    // Upstream looks at the template that was there before.
    const { template } = (old ?? object).spec ?? {};
    return [...named, ...templateWarnings(template, new Path("spec.template"))];
  },
  validate: validateReplicationController,
  validateUpdate: validateReplicationController,
  validateStatusUpdate: validateReplicationControllerStatus,
  default: (controller) => {
    const { spec, metadata } = controller;
    const labels = spec?.template?.metadata?.labels;
    if (labels !== undefined) {
      if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
      if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
    }
    if (spec === undefined) return;
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  prepareForCreate: (object) => {
    object.status = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  dropDisabled: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  scale: {
    read: ({ spec, status }) => ({
      specReplicas: spec.replicas ?? 0,
      statusReplicas: status?.replicas ?? 0,
      selector: formatSelector(selectorFromMap(spec.selector)),
    }),
    write: ({ spec }, replicas) => {
      spec.replicas = replicas;
    },
  },
  selectableFields: ({ status }) => ({ "status.replicas": `${status?.replicas ?? 0}` }),
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
