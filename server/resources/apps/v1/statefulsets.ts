import { Path } from "#apimachinery/field-error.ts";
import { isDNS1123Label } from "#apimachinery/validate.ts";
import { type StatefulSet, statefulsets } from "#gen/api/apps/v1.ts";
import { age, containerCells } from "#resources/cells.ts";
import { defaultPodTemplate } from "#resources/core/v1/pod-spec/defaults.ts";
import { dropDisabledPodFields } from "#resources/core/v1/pod-spec/disabled-fields.ts";
import { defaultClaimSpec } from "#resources/core/v1/pod-spec/volume-defaults.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { claimSpecWarnings } from "#resources/warnings/claims.ts";
import { workloadWarnings } from "#resources/warnings/workload-names.ts";
import { scaleOfReplicas } from "./scale.ts";
import {
  validateStatefulSet,
  validateStatefulSetStatus,
  validateStatefulSetUpdate,
} from "./stateful-set-validation.ts";

function setDefaults({ spec }: StatefulSet): void {
  spec.podManagementPolicy ||= "OrderedReady";
  spec.updateStrategy ??= {};
  if ((spec.updateStrategy.type ?? "") === "") {
    spec.updateStrategy.type = "RollingUpdate";
    spec.updateStrategy.rollingUpdate ??= {};
  }
  const { type, rollingUpdate } = spec.updateStrategy;
  if (type === "RollingUpdate" && rollingUpdate !== undefined) {
    rollingUpdate.partition ??= 0;
    rollingUpdate.maxUnavailable ??= 1;
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= "Retain";
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= "Retain";
  spec.replicas ??= 1;
  spec.revisionHistoryLimit ??= 10;
  defaultPodTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    claim.kind = "PersistentVolumeClaim";
    claim.apiVersion = "v1";
    defaultClaimSpec(claim.spec);
    claim.status ??= {};
    claim.status.phase ||= "Pending";
  }
}

export const statefulSetResource = defineResource<StatefulSet>({
  ref: statefulsets,
  metaRules: { wholeOnUpdate: false },
  warnings: (set, old) => [
    ...workloadWarnings(set, old, { isNamed: false }),
    ...(set.spec.volumeClaimTemplates ?? []).flatMap(({ spec }, index) => {
      const path = new Path("spec.volumeClaimTemplates").index(index);
      // Upstream's path of an update has a word more.
      return claimSpecWarnings(spec, old === undefined ? path : path.child("Spec"));
    }),
    ...((set.spec.revisionHistoryLimit ?? 0) < 0
      ? [
          "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended",
        ]
      : []),
  ],
  validateName: isDNS1123Label,
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  validateStatusUpdate: validateStatefulSetStatus,
  default: setDefaults,
  dropDisabled: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate: (object) => {
    object.status = { replicas: 0, availableReplicas: 0 };
  },
  prepareForUpdate: keepStatus,
  zero: ({ spec }) => {
    spec.replicas = 0;
  },
  scale: scaleOfReplicas,
  cells: (object, context) => [
    object.metadata.name,
    `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    age(object, context),
    ...containerCells(object.spec.template.spec?.containers),
  ],
});
