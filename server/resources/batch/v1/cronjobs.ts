import { Path } from "#apimachinery/field-error.ts";
import { type CronJob, cronjobs } from "#gen/api/batch/v1.ts";
import { age, containerCells, selectorCell, since } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { jobSpecWarnings } from "#resources/warnings/jobs.ts";
import { nameWarnings } from "#resources/warnings/workload-names.ts";
import { validateCronJob, validateCronJobUpdate } from "./cron-job-validation.ts";
import { defaultJobSpec, dropDisabledJobFields } from "./job-spec.ts";

const boolCell = (value: boolean | undefined): string =>
  value === undefined ? "<unset>" : value ? "True" : "False";

export const cronJobResource = defineResource<CronJob>({
  ref: cronjobs,
  metaRules: { wholeOnUpdate: false },
  warnings: (cronJob, old) => {
    // As upstream says it: with one word too many in the path.
    const zoned =
      old !== undefined && cronJob.spec.schedule.includes("TZ")
        ? [
            "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details",
          ]
        : [];
    if (old !== undefined && old.metadata.generation === cronJob.metadata.generation) return zoned;
    const named = old === undefined ? nameWarnings(cronJob, "Pod names and hostnames") : [];
    const path = new Path("spec.jobTemplate.spec");
    return [...named, ...jobSpecWarnings(cronJob.spec.jobTemplate.spec, path), ...zoned];
  },
  validate: validateCronJob,
  validateUpdate: validateCronJobUpdate,
  default: ({ spec }) => {
    spec.concurrencyPolicy ||= "Allow";
    spec.suspend ??= false;
    spec.successfulJobsHistoryLimit ??= 3;
    spec.failedJobsHistoryLimit ??= 1;
    if (spec.jobTemplate?.spec !== undefined) defaultJobSpec(spec.jobTemplate.spec);
  },
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  dropDisabled: ({ spec }) => dropDisabledJobFields(spec.jobTemplate?.spec),
  cells: (object, context) => {
    const { spec, status } = object;
    const last = status?.lastScheduleTime;
    return [
      object.metadata.name,
      spec.schedule,
      spec.timeZone ?? "<none>",
      boolCell(spec.suspend),
      status?.active?.length ?? 0,
      last === undefined ? "<none>" : since(last, context),
      age(object, context),
      ...containerCells(spec.jobTemplate.spec?.template.spec?.containers),
      selectorCell(spec.jobTemplate.spec?.selector),
    ];
  },
});
