/** Validation of CronJobs. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import type { CronJob } from "#gen/api/batch/v1.ts";
import { scheduleFault } from "./cron-schedule.ts";
import { validateJobSpec } from "./job-spec-validation.ts";

const specPath = new Path("spec");
/** The controller appends eleven characters to name a Job. */
const nameBytesMax = 52;

function common({ spec }: CronJob, old: CronJob | undefined): FieldChecks {
  const checks = new FieldChecks();
  schedule(checks, spec, old);
  checks.notNegative(specPath.child("startingDeadlineSeconds"), spec.startingDeadlineSeconds);
  if (old === undefined || spec.timeZone !== old.spec.timeZone) timeZone(checks, spec.timeZone);
  checks.presentOneOf(specPath.child("concurrencyPolicy"), spec.concurrencyPolicy, [
    "Allow",
    "Forbid",
    "Replace",
  ]);
  const path = specPath.child("jobTemplate", "spec");
  const job = spec.jobTemplate?.spec ?? { template: {} };
  checks.add(validateJobSpec(job, path));
  if (job.selector !== undefined)
    checks.invalid(path.child("selector"), job.selector, "`selector` will be auto-generated");
  if (job.manualSelector === true)
    checks.oneOf(path.child("manualSelector"), "true", ["nil", "false"], "as given");
  for (const field of ["successfulJobsHistoryLimit", "failedJobsHistoryLimit"] as const)
    checks.notNegative(specPath.child(field), spec[field]);
  return checks;
}

function schedule(
  checks: FieldChecks,
  { schedule: text, timeZone: zone }: CronJob["spec"],
  old: CronJob | undefined,
): void {
  const path = specPath.child("schedule");
  if (!checks.declared.present(path, text)) return;
  const fault = scheduleFault(text);
  if (fault !== undefined) checks.invalid(path, text, fault);
  const named = text.includes("TZ");
  const allowed = old?.spec.schedule.includes("TZ") === true;
  if (named && !allowed)
    checks.invalid(path, text, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
  if (named && allowed && zone !== undefined)
    checks.invalid(path, text, "cannot use both timeZone field and TZ or CRON_TZ in schedule");
}

function timeZone(checks: FieldChecks, zone: string | undefined): void {
  const path = specPath.child("timeZone");
  if (zone === undefined) return;
  if (zone === "") checks.invalid(path, zone, "timeZone must be nil or non-empty string");
  else if (zone.toLowerCase() === "local")
    checks.invalid(
      path,
      zone,
      "timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones",
    );
  else if (!isTimeZone(zone)) checks.invalid(path, zone, `unknown time zone ${zone}`);
}

function isTimeZone(zone: string): boolean {
  const sound = zone
    .split("/")
    .every((part) => /^[A-Za-z.\-_0-9+]{1,14}$/.test(part) && !/^(\.\.?|-.*)$/.test(part));
  if (!sound) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

export function validateCronJob(cronJob: CronJob): FieldError[] {
  const checks = common(cronJob, undefined);
  const { name } = cronJob.metadata;
  if ((name ?? "").length > nameBytesMax)
    checks.invalid(
      new Path("metadata.name"),
      name,
      `must be no more than ${nameBytesMax} characters`,
    );
  return checks.errors;
}

export function validateCronJobUpdate(cronJob: CronJob, old: CronJob): FieldError[] {
  return common(cronJob, old).errors;
}
