/** Finished Jobs go when their time after the end is over. */
import { parseTime } from "#apimachinery/time.ts";
import { type Effect, remove, requeueAfter } from "#controllers/effects.ts";
import { type Job, jobs } from "#gen/api/batch/v1.ts";

export function reconcile(job: Job, now: Date): readonly Effect[] {
  const seconds = job.spec.ttlSecondsAfterFinished;
  const end = finishedAt(job);
  if (seconds === undefined || end === undefined) return [];
  if (job.metadata.deletionTimestamp !== undefined) return [];
  const left = (end.getTime() - now.getTime()) / 1000 + seconds;
  if (left > 0) return [requeueAfter(left)];
  // Foreground: the Job stays until its pods have gone.
  return [remove(jobs, job, { propagationPolicy: "Foreground", exactVersion: true })];
}

function finishedAt({ status }: Job): Date | undefined {
  const end = status?.conditions?.find(
    ({ type, status: value }) => (type === "Complete" || type === "Failed") && value === "True",
  );
  return parseTime(end?.lastTransitionTime ?? "");
}
