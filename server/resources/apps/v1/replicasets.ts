import { type ReplicaSet, replicasets } from "#gen/api/apps/v1.ts";
import { age, containerCells, selectorCell } from "#resources/cells.ts";
import { defaultPodTemplate } from "#resources/core/v1/pod-spec/defaults.ts";
import { dropDisabledPodFields } from "#resources/core/v1/pod-spec/disabled-fields.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { workloadWarnings } from "#resources/warnings/workload-names.ts";
import {
  validateReplicaSet,
  validateReplicaSetStatus,
  validateReplicaSetUpdate,
} from "./replica-set-validation.ts";
import { scaleOfReplicas } from "./scale.ts";

export const replicaSetResource = defineResource<ReplicaSet>({
  ref: replicasets,
  metaRules: { wholeOnUpdate: false },
  warnings: (object, old) => workloadWarnings(object, old, { isNamed: true }),
  validate: validateReplicaSet,
  validateUpdate: validateReplicaSetUpdate,
  validateStatusUpdate: validateReplicaSetStatus,
  default: ({ spec }) => {
    spec.replicas ??= 1;
    defaultPodTemplate(spec.template);
  },
  dropDisabled: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate: (object) => {
    object.status = { replicas: 0 };
  },
  prepareForUpdate: keepStatus,
  zero: ({ spec }) => {
    spec.replicas = 0;
  },
  scale: scaleOfReplicas,
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
