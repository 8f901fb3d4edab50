import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { badRequest } from "#apimachinery/status.ts";
import { type DaemonSet, daemonsets } from "#gen/api/apps/v1.ts";
import { age, containerCells, formatLabels, selectorCell } from "#resources/cells.ts";
import { defaultPodTemplate } from "#resources/core/v1/pod-spec/defaults.ts";
import { dropDisabledPodFields } from "#resources/core/v1/pod-spec/disabled-fields.ts";
import { defineResource } from "#resources/resource.ts";
import { workloadWarnings } from "#resources/warnings/workload-names.ts";
import {
  validateDaemonSet,
  validateDaemonSetStatus,
  validateDaemonSetUpdate,
} from "./daemon-set-validation.ts";

function setDefaults(daemonSet: DaemonSet): void {
  setTemplateGeneration(daemonSet, templateGeneration(daemonSet));
  const { spec } = daemonSet;
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= "RollingUpdate";
  if (spec.updateStrategy.type === "RollingUpdate") {
    spec.updateStrategy.rollingUpdate ??= {};
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1;
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0;
  }
  // Upstream holds them as values: of a part that nothing asks for they show as 0.
  const { rollingUpdate } = spec.updateStrategy;
  if (rollingUpdate !== undefined) {
    rollingUpdate.maxUnavailable ??= 0;
    rollingUpdate.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= 10;
  defaultPodTemplate(spec.template);
}

/** A field of an older version, which this one carries as an annotation. */
const generationAnnotation = "deprecated.daemonset.template.generation";

function templateGeneration({ metadata }: DaemonSet): number {
  const text = metadata.annotations?.[generationAnnotation] ?? "0";
  if (!/^[-+]?\d+$/.test(text))
    throw badRequest(`parsing annotation ${generationAnnotation}: invalid syntax "${text}"`);
  return Number(text);
}

function setTemplateGeneration({ metadata }: DaemonSet, generation: number): void {
  metadata.annotations = { ...metadata.annotations, [generationAnnotation]: `${generation}` };
}

export const daemonSetResource = defineResource<DaemonSet>({
  ref: daemonsets,
  metaRules: { wholeOnUpdate: false },
  warnings: (object, old) => workloadWarnings(object, old, { isNamed: false }),
  validate: validateDaemonSet,
  validateUpdate: validateDaemonSetUpdate,
  validateStatusUpdate: validateDaemonSetStatus,
  default: setDefaults,
  dropDisabled: ({ spec }) => dropDisabledPodFields(spec?.template?.spec),
  prepareForCreate: (daemonSet) => {
    daemonSet.status = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    };
    const asked = templateGeneration(daemonSet);
    setTemplateGeneration(daemonSet, Math.max(asked, 1));
  },
  prepareForUpdate: (daemonSet, old) => {
    daemonSet.status = old.status;
    const raised = meansTheSame(daemonSet.spec.template, old.spec.template) ? 0 : 1;
    setTemplateGeneration(daemonSet, templateGeneration(old) + raised);
  },
  prepareForStatusUpdate: (daemonSet, old) => {
    daemonSet.spec = old.spec;
    setTemplateGeneration(daemonSet, templateGeneration(old));
  },
  zero: ({ metadata }) => {
    metadata.annotations = { ...metadata.annotations, [generationAnnotation]: "0" };
  },
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
