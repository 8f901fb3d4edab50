/**
 * A Job's status on update. Whoever manages Jobs may report what fits together; a rule is asked only where something that it
 * speaks of changed, so that a status from before the rule can still be moved on.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, immutableSentence, Path } from "#apimachinery/field-error.ts";
import type { Job, JobStatus } from "#gen/api/batch/v1.ts";
import { countIndexes, overlapOf } from "./indexes.ts";

const statusPath = new Path("status");
const conditionsPath = statusPath.child("conditions");

type Ending = "Complete" | "Failed" | "FailureTarget" | "SuccessCriteriaMet";

const has = ({ conditions = [] }: JobStatus, wanted: string, as = "True"): boolean =>
  conditions.some(({ type, status }) => type === wanted && status === as);

interface Change {
  readonly job: Job;
  readonly status: JobStatus;
  readonly before: JobStatus;
}

const differs = ({ status, before }: Change, ...fields: readonly (keyof JobStatus)[]): boolean =>
  fields.some((field) => !deepEqual(status[field], before[field]));

const turned = ({ status, before }: Change, ...types: readonly Ending[]): boolean =>
  types.some((type) => has(status, type) !== has(before, type));

const isFinished = (status: JobStatus): boolean => has(status, "Complete") || has(status, "Failed");

export function validateJobStatusUpdate(job: Job, old: Job): FieldError[] {
  const checks = new FieldChecks();
  const change = { job, status: job.status ?? {}, before: old.status ?? {} };
  counters(checks, change);
  uncounted(checks, change);
  endings(checks, change);
  times(checks, change);
  finished(checks, change);
  indexes(checks, change);
  return checks.errors;
}

function counters(checks: FieldChecks, change: Change): void {
  const { job, status, before } = change;
  for (const field of ["active", "succeeded", "failed", "ready", "terminating"] as const)
    checks.notNegative(statusPath.child(field), status[field]);
  const { active = 0, ready, succeeded = 0, failed = 0 } = status;
  if (ready !== undefined && differs(change, "ready", "active") && ready > active)
    checks.invalid(statusPath.child("ready"), ready, "cannot set more ready pods than active");
  const { completionMode, completions, parallelism } = job.spec;
  if (failed < (before.failed ?? 0))
    checks.invalid(statusPath.child("failed"), failed, "cannot decrease the failed counter");
  // An indexed Job that is scaled down loses indexes that had succeeded.
  const isElastic = completionMode === "Indexed" && completions === parallelism;
  if (!isElastic && succeeded < (before.succeeded ?? 0))
    checks.invalid(
      statusPath.child("succeeded"),
      succeeded,
      "cannot decrease the succeeded counter",
    );
}

/** Pods that ended and are not in the counters yet: each once. */
function uncounted(checks: FieldChecks, { status }: Change): void {
  const path = statusPath.child("uncountedTerminatedPods");
  const seen = new Set<string>();
  for (const list of ["succeeded", "failed"] as const)
    for (const [index, uid] of (status.uncountedTerminatedPods?.[list] ?? []).entries()) {
      const here = path.child(list).index(index);
      if (uid === "") checks.invalid(here, uid, "must not be empty");
      else if (seen.has(uid)) checks.duplicate(here, uid);
      seen.add(uid);
    }
}

/** Ends that exclude each other, that need another first, and that are final. */
function endings(checks: FieldChecks, change: Change): void {
  const { job, status, before } = change;
  const is = (type: Ending): boolean => has(status, type);
  const was = (type: Ending): boolean => has(before, type);
  const refuse = (isWrong: boolean, sentence: string): void => {
    if (isWrong) checks.invalid(conditionsPath, undefined, sentence);
  };
  const both = (one: Ending, other: Ending): void =>
    refuse(is(one) && is(other), `cannot set ${one}=True and ${other}=true conditions`);
  if (turned(change, "Complete", "Failed")) both("Complete", "Failed");
  if (turned(change, "Complete", "FailureTarget")) both("Complete", "FailureTarget");
  if (turned(change, "Failed") || differs(change, "failedIndexes"))
    refuse(
      is("Failed") && !is("FailureTarget"),
      "cannot set Failed=True condition without the FailureTarget=true condition",
    );
  if (turned(change, "Complete", "SuccessCriteriaMet"))
    refuse(
      is("Complete") && !is("SuccessCriteriaMet"),
      "cannot set Complete=True condition without the SuccessCriteriaMet=true condition",
    );
  both("SuccessCriteriaMet", "Failed");
  both("SuccessCriteriaMet", "FailureTarget");
  refuse(
    job.spec.successPolicy !== undefined && !is("SuccessCriteriaMet") && is("Complete"),
    "cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True",
  );
  for (const type of ["Failed", "Complete", "FailureTarget", "SuccessCriteriaMet"] as const)
    refuse(was(type) && !is(type), `cannot disable the terminal ${type}=True condition`);
  refuse(
    was("Complete") && !was("SuccessCriteriaMet") && is("SuccessCriteriaMet"),
    "cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions",
  );
}

function times(checks: FieldChecks, change: Change): void {
  const { job, status, before } = change;
  const { startTime, completionTime } = status;
  const path = statusPath.child("completionTime");
  if (turned(change, "Complete") || differs(change, "completionTime")) {
    const isComplete = has(status, "Complete");
    if (completionTime !== undefined && !isComplete)
      checks.invalid(
        path,
        completionTime,
        "cannot set completionTime when there is no Complete=True condition",
      );
    if (completionTime === undefined && isComplete)
      checks.required(path, "completionTime is required for Complete jobs");
  }
  const isEarly =
    startTime !== undefined &&
    completionTime !== undefined &&
    Date.parse(completionTime) < Date.parse(startTime);
  if (isEarly && differs(change, "startTime", "completionTime"))
    checks.invalid(path, completionTime, "must be equal to or after `startTime`");
  const isMoved = completionTime !== undefined && before.completionTime !== undefined;
  if (isMoved && differs(change, "completionTime"))
    checks.invalid(path, completionTime, immutableSentence);
  const resumes = has(before, "Suspended") && has(status, "Suspended", "False");
  const runs = job.spec.suspend !== true && !resumes;
  if (runs && before.startTime !== undefined && differs(change, "startTime"))
    checks.invalid(
      statusPath.child("startTime"),
      startTime,
      "field is immutable for unsuspended job once set",
    );
}

function finished(checks: FieldChecks, change: Change): void {
  const { job, status, before } = change;
  if (!isFinished(status)) return;
  const ends = !isFinished(before);
  const { active = 0, terminating = 0, startTime, uncountedTerminatedPods } = status;
  if (active > 0 && (ends || differs(change, "active")))
    checks.invalid(statusPath.child("active"), active, "active>0 is invalid for finished job");
  const neverRan = job.spec.suspend === true && job.spec.completions === 0;
  if (startTime === undefined && !neverRan && (ends || differs(change, "startTime")))
    checks.required(statusPath.child("startTime"), "startTime is required for finished job");
  const { failed = [], succeeded = [] } = uncountedTerminatedPods ?? {};
  const isLeft = failed.length + succeeded.length > 0;
  if (isLeft && (ends || differs(change, "uncountedTerminatedPods")))
    checks.invalid(
      statusPath.child("uncountedTerminatedPods"),
      uncountedTerminatedPods,
      "must be empty for finished job",
    );
  if (terminating > 0 && (ends || differs(change, "terminating")))
    checks.invalid(
      statusPath.child("terminating"),
      terminating,
      "terminating>0 is invalid for finished job",
    );
}

function indexes(checks: FieldChecks, change: Change): void {
  const { job, status } = change;
  const { completions, backoffLimitPerIndex, completionMode } = job.spec;
  const { completedIndexes = "", failedIndexes } = status;
  const [completedPath, failedPath] = [
    statusPath.child("completedIndexes"),
    statusPath.child("failedIndexes"),
  ];
  const readable = (path: Path, text: string): void => {
    const read = countIndexes(text, completions ?? 0);
    if ("fault" in read)
      checks.invalid(path, text, `error parsing ${path.text.split(".").at(-1)}: ${read.fault}`);
  };
  const completedChanged = completedIndexes !== (change.before.completedIndexes ?? "");
  if (completedChanged) {
    if (completions !== undefined) readable(completedPath, completedIndexes);
    if (completedIndexes !== "" && completionMode !== "Indexed")
      checks.invalid(
        completedPath,
        completedIndexes,
        "cannot set non-empty completedIndexes when non-indexed completion mode",
      );
  }
  if (failedIndexes === undefined) return;
  const failedChanged = differs(change, "failedIndexes");
  if (failedChanged && backoffLimitPerIndex === undefined)
    checks.invalid(
      failedPath,
      failedIndexes,
      "cannot set non-null failedIndexes when backoffLimitPerIndex is null",
    );
  else if (failedChanged && completions !== undefined) readable(failedPath, failedIndexes);
  if (completions === undefined || !(failedChanged || completedChanged)) return;
  const shared = overlapOf(completedIndexes, failedIndexes, completions);
  if (shared !== undefined)
    checks.invalid(
      failedPath,
      failedIndexes,
      `failedIndexes and completedIndexes overlap at index: ${shared}`,
    );
}
