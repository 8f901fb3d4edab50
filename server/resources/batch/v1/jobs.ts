import { Path } from "#apimachinery/field-error.ts";
import { type Job, jobs } from "#gen/api/batch/v1.ts";
import { age, containerCells, selectorCell } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { jobSpecWarnings } from "#resources/warnings/jobs.ts";
import { nameWarnings } from "#resources/warnings/workload-names.ts";
import { completionsCell, durationCell, statusCell } from "./job-cells.ts";
import { generateSelector } from "./job-selector.ts";
import { defaultJobSpec, dropDisabledJobFields } from "./job-spec.ts";
import { validateJobStatusUpdate } from "./job-status-validation.ts";
import { validateJob, validateJobUpdate } from "./job-validation.ts";

/** "As often as it takes" where each index has its own limit. */
const int32Max = 2 ** 31 - 1;

function setDefaults({ spec, metadata }: Job): void {
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? 6 : int32Max;
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined && Object.keys(metadata.labels ?? {}).length === 0)
    metadata.labels = { ...labels };
  spec.completionMode ??= "NonIndexed";
  spec.suspend ??= false;
  spec.podReplacementPolicy ??=
    spec.podFailurePolicy === undefined ? "TerminatingOrFailed" : "Failed";
  spec.manualSelector ??= false;
  defaultJobSpec(spec);
}

export const jobResource = defineResource<Job>({
  ref: jobs,
  metaRules: { wholeOnUpdate: false },
  warnings: (job, old) => {
    if (old !== undefined && old.metadata.generation === job.metadata.generation) return [];
    const named = old === undefined ? nameWarnings(job, "Pod names and hostnames") : [];
    return [...named, ...jobSpecWarnings(job.spec, new Path("spec"))];
  },
  validate: validateJob,
  validateUpdate: validateJobUpdate,
  validateStatusUpdate: validateJobStatusUpdate,
  default: setDefaults,
  dropDisabled: ({ spec }) => dropDisabledJobFields(spec),
  prepareForCreate: (job) => {
    if (job.spec.manualSelector !== true) generateSelector(job);
    job.status = {};
  },
  prepareForUpdate: keepStatus,
  selectableFields: ({ status }) => ({ "status.successful": `${status?.succeeded ?? 0}` }),
  defaultPropagation: "Orphan",
  propagationWarning:
    "child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning",
  cells: (object, context) => [
    object.metadata.name,
    statusCell(object),
    completionsCell(object),
    durationCell(object, context),
    age(object, context),
    ...containerCells(object.spec.template.spec?.containers),
    selectorCell(object.spec.selector),
  ],
});
