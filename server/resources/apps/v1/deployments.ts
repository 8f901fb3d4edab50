import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { type Deployment, deployments } from "#gen/api/apps/v1.ts";
import { age, containerCells, selectorCell } from "#resources/cells.ts";
import { defaultPodTemplate } from "#resources/core/v1/pod-spec/defaults.ts";
import { dropDisabledPodFields } from "#resources/core/v1/pod-spec/disabled-fields.ts";
import { defineResource } from "#resources/resource.ts";
import { workloadWarnings } from "#resources/warnings/workload-names.ts";
import {
  validateDeployment,
  validateDeploymentStatus,
  validateDeploymentUpdate,
} from "./deployment-validation.ts";
import { scaleOfReplicas } from "./scale.ts";

function setDefaults({ spec }: Deployment): void {
  defaultPodTemplate(spec.template);
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= "RollingUpdate";
  if (spec.strategy.type === "RollingUpdate") {
    spec.strategy.rollingUpdate ??= {};
    spec.strategy.rollingUpdate.maxUnavailable ??= "25%";
    spec.strategy.rollingUpdate.maxSurge ??= "25%";
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
}

export const deploymentResource = defineResource<Deployment>({
  ref: deployments,
  metaRules: { wholeOnUpdate: false },
  warnings: (object, old) => workloadWarnings(object, old, { isNamed: true }),
  validate: validateDeployment,
  validateUpdate: validateDeploymentUpdate,
  validateStatusUpdate: validateDeploymentStatus,
  default: setDefaults,
  dropDisabled: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate: (deployment) => {
    deployment.status = {};
  },
  prepareForUpdate: (deployment, old) => {
    deployment.status = old.status;
  },
  prepareForStatusUpdate: (deployment, old) => {
    deployment.spec = old.spec;
    deployment.metadata.labels = old.metadata.labels;
  },
  raisesGeneration: (deployment, old) =>
    !meansTheSame(deployment.spec, old.spec) ||
    !meansTheSame(deployment.metadata.annotations ?? {}, old.metadata.annotations ?? {}),
  zero: ({ spec }) => {
    spec.replicas = 0;
  },
  scale: scaleOfReplicas,
  cells: (object, context) => [
    object.metadata.name,
    `${object.status?.readyReplicas ?? 0}/${object.spec.replicas ?? 0}`,
    object.status?.updatedReplicas ?? 0,
    object.status?.availableReplicas ?? 0,
    age(object, context),
    ...containerCells(object.spec.template.spec?.containers),
    object.spec.selector === undefined ? "" : selectorCell(object.spec.selector),
  ],
});
