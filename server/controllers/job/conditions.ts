/** The conditions of a Job, and whether it has come to an end. */
import { formatTime } from "#apimachinery/time.ts";
import type { Job, JobCondition } from "#gen/api/batch/v1.ts";

export interface Ending {
  readonly type: "Complete" | "Failed";
  readonly reason: string;
  readonly message: string;
}

/** Said first, while pods still go: what the Job will come to. */
export const announcedBy = { Complete: "SuccessCriteriaMet", Failed: "FailureTarget" } as const;

export function hasCondition({ status }: Job, type: string): boolean {
  return status?.conditions?.some((it) => it.type === type && it.status === "True") === true;
}

export function isFinished(job: Job): boolean {
  return hasCondition(job, "Complete") || hasCondition(job, "Failed");
}

/** An end that was announced already: nothing changes it any more. */
export function announcedEnding({ status }: Job): Ending | undefined {
  for (const type of ["Complete", "Failed"] as const) {
    const found = status?.conditions?.find(
      (it) => it.type === announcedBy[type] && it.status === "True",
    );
    if (found !== undefined) {
      return { type, reason: found.reason ?? "", message: found.message ?? "" };
    }
  }
  return undefined;
}

/** The conditions with this one; its time moves only with its status. */
export function withCondition(
  conditions: readonly JobCondition[],
  next: { type: string; status: string; reason: string; message: string },
  now: Date,
): JobCondition[] {
  const old = conditions.find(({ type }) => type === next.type);
  if (old?.status === next.status && old.reason === next.reason) return [...conditions];
  const time = formatTime(now);
  const others = conditions.filter(({ type }) => type !== next.type);
  return [...others, { ...next, lastProbeTime: time, lastTransitionTime: time }];
}
