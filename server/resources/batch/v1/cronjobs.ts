import { type CronJob, cronjobs } from "#gen/api/batch/v1.ts";
import { age, containerCells, selectorCell, since } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { validateCronJob, validateCronJobUpdate } from "./cron-job-validation.ts";
import { defaultJobSpec } from "./job-spec.ts";

const boolCell = (value: boolean | undefined): string =>
  value === undefined ? "<unset>" : value ? "True" : "False";

export const cronJobResource = defineResource<CronJob>({
  ref: cronjobs,
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
