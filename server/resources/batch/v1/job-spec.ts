import type { JobSpec } from "#gen/api/batch/v1.ts";
import { defaultPodTemplate } from "#resources/core/v1/pod-spec/defaults.ts";
import { dropDisabledPodFields } from "#resources/core/v1/pod-spec/disabled-fields.ts";
import { drop } from "#resources/drop.ts";

/** Defaults that a Job has in common with the template of a CronJob. */
export function defaultJobSpec(spec: JobSpec): void {
  for (const { onPodConditions } of spec.podFailurePolicy?.rules ?? [])
    for (const condition of onPodConditions ?? []) condition.status ||= "True";
  defaultPodTemplate(spec.template);
}

/** Of features that upstream has off. */
export function dropDisabledJobFields(spec: JobSpec | undefined): void {
  drop(spec, "scheduling");
  dropDisabledPodFields(spec?.template?.spec);
}
