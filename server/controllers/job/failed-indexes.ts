/** backoffLimitPerIndex: each index of an Indexed Job fails for itself. Pods carry how often theirs has failed before them. */
import type { Job } from "#gen/api/batch/v1.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { finishedAt, waitAfter } from "./back-off.ts";
import { ruleFor } from "./failure-policy.ts";
import { indexOf, parseIndexes } from "./indexes.ts";
import { isFailed } from "./tracking.ts";

const failureCountAnnotation = "batch.kubernetes.io/job-index-failure-count";
const ignoredCountAnnotation = "batch.kubernetes.io/job-index-ignored-failure-count";

/** What the next pod of an index has to know. */
export interface IndexFailures {
  readonly failures: number;
  /** That the failure policy says not to count. */
  readonly ignored: number;
}

const countIn = ({ metadata }: Pod, annotation: string): number =>
  Number(metadata.annotations?.[annotation] ?? "0");

function failuresAfter(job: Job, pod: Pod): IndexFailures {
  const counts = ruleFor(job, pod)?.action !== "Ignore";
  return {
    failures: countIn(pod, failureCountAnnotation) + (counts ? 1 : 0),
    ignored: countIn(pod, ignoredCountAnnotation) + (counts ? 0 : 1),
  };
}

const endsIndex = (job: Job, pod: Pod): boolean =>
  ruleFor(job, pod)?.action === "FailIndex" ||
  failuresAfter(job, pod).failures > (job.spec.backoffLimitPerIndex ?? Number.POSITIVE_INFINITY);

/** Indexes that are not tried again, as the status and the pods say; undefined: the Job counts as a whole. */
export function failedIndexes(job: Job, claimed: readonly Pod[]): readonly number[] | undefined {
  const { spec, status } = job;
  if (spec.backoffLimitPerIndex === undefined) return undefined;
  const ended = claimed.filter((pod) => isFailed(job, pod) && endsIndex(job, pod));
  const indexes = ended.map(indexOf).filter((index) => index !== undefined);
  return [...new Set([...parseIndexes(status?.failedIndexes), ...indexes])];
}

/** The last failed pod of each index: the one after it goes on counting. */
export function lastFailures(job: Job, claimed: readonly Pod[]): ReadonlyMap<number, Pod> {
  const last = new Map<number, Pod>();
  const tries = (pod: Pod): number => {
    const { failures, ignored } = failuresAfter(job, pod);
    return failures + ignored;
  };
  for (const pod of claimed) {
    const index = indexOf(pod);
    if (index === undefined || !isFailed(job, pod)) continue;
    const known = last.get(index);
    if (known === undefined || tries(pod) > tries(known)) last.set(index, pod);
  }
  return last;
}

/** Seconds until the index may be tried again. */
export function retryIndexAfter(job: Job, failed: Pod | undefined, now: Date): number {
  if (failed === undefined) return 0;
  return waitAfter(failuresAfter(job, failed).failures, finishedAt(failed), now);
}

/** Of the pod that follows; none where failures are not counted by index. */
export function failureAnnotations(
  job: Job,
  failed: Pod | undefined,
): Readonly<Record<string, string>> {
  if (job.spec.backoffLimitPerIndex === undefined) return {};
  const { failures, ignored } =
    failed === undefined ? { failures: 0, ignored: 0 } : failuresAfter(job, failed);
  return {
    [failureCountAnnotation]: `${failures}`,
    ...(ignored === 0 ? {} : { [ignoredCountAnnotation]: `${ignored}` }),
  };
}
