/** Pods until enough of them have succeeded, or too many have failed. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { formatTime, parseTime } from "#apimachinery/time.ts";
import {
  createMany,
  type Effect,
  event,
  remove,
  requeueAfter,
  updateStatus,
} from "#controllers/effects.ts";
import { claim } from "#controllers/owner-references.ts";
import { isPodActive, isPodReady, isPodTerminal } from "#controllers/pod-conditions.ts";
import { inDeletionOrder } from "#controllers/replicaset/deletion-order.ts";
import { type Job, type JobStatus, jobs } from "#gen/api/batch/v1.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";
import { retryAfter } from "./back-off.ts";
import {
  announcedBy,
  announcedEnding,
  type Ending,
  isFinished,
  withCondition,
} from "./conditions.ts";
import {
  failedIndexes,
  failureAnnotations,
  lastFailures,
  retryIndexAfter,
} from "./failed-indexes.ts";
import { failureSentence } from "./failure-policy.ts";
import { completedIndexes, formatIndexes, freeIndexes, indexOf } from "./indexes.ts";
import { podOf } from "./pods.ts";
import { successSentence } from "./success-policy.ts";
import { type Counted, count, isTracked, totals, untrack } from "./tracking.ts";

/** Upstream's, where a Job says nothing. */
const backoffLimitDefault = 6;
/** Pods made in one go. */
const burstMax = 500;

interface Work {
  readonly job: Job;
  readonly claimed: readonly Pod[];
  readonly active: readonly Pod[];
  /** On their way out, not yet at their end. */
  readonly terminating: readonly Pod[];
  readonly counted: Counted;
  readonly done: readonly number[];
  /** Indexes that are not tried again; undefined: failures count for the whole Job. */
  readonly given: readonly number[] | undefined;
  readonly now: Date;
}

/** `candidates`: pods of this Job, and those of the namespace that nobody controls. */
export function reconcile(job: Job, candidates: readonly Pod[], now: Date): readonly Effect[] {
  if (job.spec.managedBy !== undefined && job.spec.managedBy !== "kubernetes.io/job-controller") {
    return [];
  }
  const selector = selectorFromLabelSelector(job.spec.selector);
  const { claimed, effects } = claim({ owner: job, ref: pods, selector, candidates });
  const own = claimed.filter(isTracked);
  if (job.metadata.deletionTimestamp !== undefined) return own.map(untrack);
  if (isFinished(job)) return [...effects, ...own.map(untrack)];
  const work: Work = {
    job,
    claimed,
    active: claimed.filter(isPodActive),
    terminating: claimed.filter((pod) => !isPodActive(pod) && !isPodTerminal(pod)),
    counted: count(job, claimed),
    done: isIndexed(job) ? completedIndexes(job, claimed) : [],
    given: failedIndexes(job, claimed),
    now,
  };
  const ending = announcedEnding(job) ?? endingOf(work);
  if (ending === undefined) return [...effects, ...act(work, undefined)];
  return [...effects, ...act({ ...work, counted: count(job, claimed, ending.type) }, ending)];
}

const isIndexed = ({ spec }: Job): boolean => spec.completionMode === "Indexed";

function act(work: Work, ending: Ending | undefined): readonly Effect[] {
  const { job, active } = work;
  const managed = ending === undefined ? manage(work) : active.map((pod) => end(job, pod));
  const { status, said } = statusOf(work, ending);
  const write = deepEqual(withoutZeros(status), withoutZeros(job.status))
    ? []
    : [updateStatus(jobs, { ...job, status }), ...said];
  return [...write, ...freed(work, ending).map(untrack), ...managed, ...wakeUp(work)];
}

/** A failed pod stays until the one that follows it is there: that one goes on counting its index' failures. */
function freed({ counted, given, done, active }: Work, ending: Ending | undefined): readonly Pod[] {
  if (given === undefined || ending !== undefined) return counted.recorded;
  const settled = new Set([...given, ...done, ...active.map((pod) => indexOf(pod) ?? -1)]);
  return counted.recorded.filter((pod) => settled.has(indexOf(pod) ?? -1));
}

/** Of a Job that goes on: nobody counts it, so nothing holds it. */
function dismiss(job: Job, pod: Pod): readonly Effect[] {
  return [...(isTracked(pod) ? [untrack(pod)] : []), end(job, pod)];
}

function end(job: Job, pod: Pod): Effect {
  return remove(pods, pod, { announce: { about: job, noun: "pod" } });
}

/** Containers that are started again in place count where pods do not fail. */
function restartsExceed({ spec }: Job, active: readonly Pod[], limit: number): boolean {
  if (spec.template.spec?.restartPolicy !== "OnFailure") return false;
  const restarts = active
    .flatMap(({ status }) => [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);
  return limit === 0 ? restarts > 0 : restarts >= limit;
}

function lostIndexes(
  { spec }: Job,
  done: readonly number[],
  given: readonly number[] = [],
): Ending | undefined {
  const { maxFailedIndexes, completions = 0 } = spec;
  if (maxFailedIndexes !== undefined && given.length > maxFailedIndexes) {
    const message = "Job has exceeded the specified maximal number of failed indexes";
    return { type: "Failed", reason: "MaxFailedIndexesExceeded", message };
  }
  if (given.length === 0 || given.length + done.length < completions) return undefined;
  return { type: "Failed", reason: "FailedIndexes", message: "Job has failed indexes" };
}

function endingOf({ job, counted, active, done, given, now }: Work): Ending | undefined {
  const { spec, status } = job;
  const { succeeded, failed } = totals(counted);
  const sentence = counted.fresh
    .map((pod) => failureSentence(job, pod))
    .find((text) => text !== undefined);
  if (sentence !== undefined) {
    return { type: "Failed", reason: "PodFailurePolicy", message: sentence };
  }
  const { backoffLimit = backoffLimitDefault } = spec;
  if (failed > backoffLimit || restartsExceed(job, active, backoffLimit)) {
    const message = "Job has reached the specified backoff limit";
    return { type: "Failed", reason: "BackoffLimitExceeded", message };
  }
  const left = untilDeadline(spec.activeDeadlineSeconds, status, now);
  if (left !== undefined && left <= 0 && spec.suspend !== true) {
    const message = "Job was active longer than specified deadline";
    return { type: "Failed", reason: "DeadlineExceeded", message };
  }
  const lost = lostIndexes(job, done, given);
  if (lost !== undefined) return lost;
  const met = successSentence(job, done);
  if (met !== undefined) return { type: "Complete", reason: "SuccessPolicy", message: met };
  const enough =
    spec.completions === undefined
      ? succeeded > 0 && active.length === 0
      : (isIndexed(job) ? done.length : succeeded) >= spec.completions;
  const message = "Reached expected number of succeeded pods";
  return enough ? { type: "Complete", reason: "CompletionsReached", message } : undefined;
}

/** Seconds. */
function untilDeadline(
  seconds: number | undefined,
  status: JobStatus | undefined,
  now: Date,
): number | undefined {
  const start = parseTime(status?.startTime ?? "");
  if (seconds === undefined || start === undefined) return undefined;
  return seconds - (now.getTime() - start.getTime()) / 1000;
}

function manage(work: Work): readonly Effect[] {
  const { job, active, terminating, counted, now } = work;
  if (job.spec.suspend === true) return active.flatMap((pod) => dismiss(job, pod));
  const succeeded = isIndexed(job)
    ? work.done.length + (work.given?.length ?? 0)
    : totals(counted).succeeded;
  const { completions, parallelism = 1 } = job.spec;
  const open = completions === undefined ? parallelism : Math.max(0, completions - succeeded);
  const wanted =
    completions === undefined && succeeded > 0 ? active.length : Math.min(open, parallelism);
  if (active.length > wanted) {
    const order = inDeletionOrder(active, active, now);
    return order.slice(0, active.length - wanted).flatMap((pod) => dismiss(job, pod));
  }
  const busy = job.spec.podReplacementPolicy === "Failed" ? terminating.length : 0;
  const missing = Math.min(wanted - active.length - busy, burstMax);
  if (missing <= 0) return [];
  const drafts = isIndexed(job) ? indexedPods(work, missing) : loosePods(work, missing);
  const { namespace = "" } = job.metadata;
  const announce = { about: job, noun: "pod" };
  return drafts.length === 0 ? [] : [createMany(pods, namespace, drafts, { announce })];
}

function loosePods({ job, claimed, now }: Work, missing: number): readonly Draft<Pod>[] {
  if (retryAfter(claimed, now) > 0) return [];
  return Array.from({ length: missing }, () => podOf(job, undefined));
}

function indexedPods(work: Work, missing: number): readonly Draft<Pod>[] {
  const { job, claimed, active, terminating, done, given, now } = work;
  if (given === undefined && retryAfter(claimed, now) > 0) return [];
  const waitsFor = job.spec.podReplacementPolicy === "Failed" ? terminating : [];
  const atWork = [...active, ...waitsFor].map((pod) => indexOf(pod) ?? -1);
  const last = given === undefined ? new Map<number, Pod>() : lastFailures(job, claimed);
  const held = [...last].filter(([, pod]) => retryIndexAfter(job, pod, now) > 0);
  const taken = new Set([...done, ...(given ?? []), ...atWork, ...held.map(([index]) => index)]);
  return freeIndexes(job, taken, missing).map((index) =>
    podOf(job, index, failureAnnotations(job, last.get(index))),
  );
}

interface Told {
  readonly status: JobStatus;
  readonly said: readonly Effect[];
}

function statusOf(work: Work, ending: Ending | undefined): Told {
  const { job, active, terminating, counted, done, given, now } = work;
  const { uncounted } = counted;
  const { startTime, conditions = [] } = job.status ?? {};
  const suspended = job.spec.suspend === true;
  const base: JobStatus = {
    ...job.status,
    conditions: [...conditions],
    active: active.length,
    ready: active.filter(isPodReady).length,
    terminating: terminating.length,
    succeeded: counted.succeeded,
    failed: counted.failed,
    uncountedTerminatedPods: uncounted,
    ...(isIndexed(job) && done.length > 0 ? { completedIndexes: formatIndexes(done) } : {}),
    ...(given === undefined ? {} : { failedIndexes: formatIndexes(given) }),
    startTime: suspended ? undefined : (startTime ?? formatTime(now)),
  };
  if (ending !== undefined) return ended(work, base, ending);
  return suspension(job, base, now);
}

/** First what it will come to, then, when no pod is left, that it has. */
function ended(
  { job, counted, active, terminating, now }: Work,
  base: JobStatus,
  ending: Ending,
): Told {
  const { type, reason, message } = ending;
  const announced = { type: announcedBy[type], status: "True", reason, message };
  const conditions = withCondition(base.conditions ?? [], announced, now);
  const { succeeded = [], failed = [] } = counted.uncounted;
  const left = active.length + terminating.length + succeeded.length + failed.length;
  if (left > 0) return { status: { ...base, conditions }, said: [] };
  const status = {
    ...base,
    conditions: withCondition(conditions, { type, status: "True", reason, message }, now),
    ...(type === "Complete" ? { completionTime: formatTime(now) } : {}),
  };
  const said =
    type === "Complete"
      ? event(job, "Normal", "Completed", "Job completed")
      : event(job, "Warning", reason, message);
  return { status, said: [said] };
}

function suspension(job: Job, base: JobStatus, now: Date): Told {
  const conditions = base.conditions ?? [];
  const known = conditions.find(({ type }) => type === "Suspended");
  if (job.spec.suspend === true) {
    const message = "Job suspended";
    const condition = { type: "Suspended", status: "True", reason: "JobSuspended", message };
    const said = known?.status === "True" ? [] : [event(job, "Normal", "Suspended", message)];
    return { status: { ...base, conditions: withCondition(conditions, condition, now) }, said };
  }
  if (known?.status !== "True") return { status: base, said: [] };
  const message = "Job resumed";
  const condition = { type: "Suspended", status: "False", reason: "JobResumed", message };
  return {
    // The deadline counts from here.
    status: {
      ...base,
      startTime: formatTime(now),
      conditions: withCondition(conditions, condition, now),
    },
    said: [event(job, "Normal", "Resumed", message)],
  };
}

/** The wire leaves out zero counts and empty lists. */
function withoutZeros(status: JobStatus | undefined): Readonly<Record<string, unknown>> {
  const fields = Object.entries(status ?? {}).filter(([name, value]) => {
    if (name === "uncountedTerminatedPods") return Object.keys(value).length > 0;
    return Array.isArray(value) ? value.length > 0 : value !== 0 && value !== "";
  });
  return Object.fromEntries(fields);
}

function wakeUp({ job, claimed, given, now }: Work): readonly Effect[] {
  const deadline = untilDeadline(job.spec.activeDeadlineSeconds, job.status, now);
  const retries =
    given === undefined
      ? [retryAfter(claimed, now)]
      : [...lastFailures(job, claimed).values()].map((pod) => retryIndexAfter(job, pod, now));
  const waits = [deadline, ...retries].filter((seconds) => seconds !== undefined);
  const next = Math.min(...waits.filter((seconds) => seconds > 0));
  return Number.isFinite(next) ? [requeueAfter(next)] : [];
}
