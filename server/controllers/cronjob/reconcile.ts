/** Jobs at the times of a schedule. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { formatTime, parseTime } from "#apimachinery/time.ts";
import {
  create,
  type Effect,
  event,
  remove,
  requeueAfter,
  updateStatus,
} from "#controllers/effects.ts";
import { controllerReference } from "#controllers/owner-references.ts";
import { type CronJob, type CronJobStatus, cronjobs, type Job, jobs } from "#gen/api/batch/v1.ts";
import type { ObjectReference } from "#gen/api/core/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";
import { scheduleOf } from "./schedule.ts";

/** Starts that were missed before the controller gives up counting them: upstream's limit. */
const missedMax = 100;

const scheduledAnnotation = "batch.kubernetes.io/cronjob-scheduled-timestamp";

/** `owned`: the Jobs that it controls. */
export function reconcile(cronJob: CronJob, owned: readonly Job[], now: Date): readonly Effect[] {
  const seen = observe(cronJob, owned);
  const cleanup = history(cronJob, owned);
  const { deletionTimestamp } = cronJob.metadata;
  const stopped = deletionTimestamp !== undefined || cronJob.spec.suspend === true;
  const next = stopped ? idle(seen.status) : start(cronJob, { owned, status: seen.status }, now);
  const same = deepEqual(withoutEmpty(next.status), withoutEmpty(cronJob.status));
  const write = same ? [] : [updateStatus(cronjobs, { ...cronJob, status: next.status })];
  return [...seen.said, ...cleanup, ...next.effects, ...write, ...next.wake];
}

interface Start {
  readonly effects: readonly Effect[];
  readonly status: CronJobStatus;
  readonly wake: readonly Effect[];
}

const idle = (status: CronJobStatus): Start => ({ effects: [], status, wake: [] });

function withoutEmpty({ active, ...status }: CronJobStatus): object {
  return active === undefined || active.length === 0 ? status : { ...status, active };
}

function endOf({ status }: Job): { type: string; at: string | undefined } | undefined {
  const end = status?.conditions?.find(
    ({ type, status: it }) => (type === "Complete" || type === "Failed") && it === "True",
  );
  return end === undefined ? undefined : { type: end.type, at: status.completionTime };
}

function referenceTo({ apiVersion, kind, metadata }: Job): ObjectReference {
  const { name, namespace, uid, resourceVersion } = metadata;
  return { kind, namespace, name, uid, apiVersion, resourceVersion };
}

/** Which Jobs are at work, and what has become of those that were. */
function observe(
  cronJob: CronJob,
  owned: readonly Job[],
): { readonly status: CronJobStatus; readonly said: readonly Effect[] } {
  const { active: before = [], lastSuccessfulTime, ...status } = cronJob.status ?? {};
  const byUid = new Map(owned.map((job) => [job.metadata.uid ?? "", job]));
  const said: Effect[] = [];
  const active: ObjectReference[] = [];
  for (const reference of before) {
    const job = byUid.get(reference.uid ?? "");
    const end = job === undefined ? undefined : endOf(job);
    if (job === undefined) {
      const message = `Active job went missing: ${reference.name}`;
      said.push(event(cronJob, "Normal", "MissingJob", message));
    } else if (end === undefined) active.push(reference);
    else {
      const message = `Saw completed job: ${reference.name}, condition: ${end.type}`;
      said.push(event(cronJob, "Normal", "SawCompletedJob", message));
    }
  }
  const known = new Set(before.map(({ uid }) => uid));
  const fresh = owned.filter((job) => !known.has(job.metadata.uid) && endOf(job) === undefined);
  active.push(...fresh.map(referenceTo));
  const successes = owned.flatMap((job) => {
    const end = endOf(job);
    return end?.type === "Complete" && end.at !== undefined ? [end.at] : [];
  });
  const latest = [lastSuccessfulTime ?? "", ...successes].sort().at(-1) ?? "";
  const success = latest === "" ? {} : { lastSuccessfulTime: latest };
  return { status: { ...status, ...success, active }, said };
}

/** Finished Jobs beyond what is to be kept, the oldest first. */
function history({ spec }: CronJob, owned: readonly Job[]): readonly Effect[] {
  const begun = ({ status, metadata }: Job): string =>
    status?.startTime ?? metadata.creationTimestamp ?? "";
  const beyond = (type: string, limit: number): readonly Job[] =>
    owned
      .filter((job) => endOf(job)?.type === type)
      .sort((a, b) => (begun(a) < begun(b) ? 1 : -1))
      .slice(limit);
  const { successfulJobsHistoryLimit = 3, failedJobsHistoryLimit = 1 } = spec;
  return [
    ...beyond("Complete", successfulJobsHistoryLimit),
    ...beyond("Failed", failedJobsHistoryLimit),
  ].map((job) => remove(jobs, job, { propagationPolicy: "Background" }));
}

interface Due {
  /** The newest time that has come and was not served; milliseconds since the epoch. */
  readonly at: number | undefined;
  readonly next: number | undefined;
  readonly tooMany: boolean;
}

function dueOf({ spec, status, metadata }: CronJob, now: Date): Due {
  const schedule = scheduleOf(spec.schedule, spec.timeZone);
  const last = status?.lastScheduleTime ?? metadata.creationTimestamp ?? "";
  const { startingDeadlineSeconds } = spec;
  const since = parseTime(last)?.getTime() ?? now.getTime();
  const earliest =
    startingDeadlineSeconds === undefined
      ? since
      : Math.max(since, now.getTime() - startingDeadlineSeconds * 1000);
  let at: number | undefined;
  let next = schedule(earliest);
  for (let missed = 0; next !== undefined && next <= now.getTime(); missed++) {
    // Far behind: only the newest time matters, and that one is near.
    if (missed === missedMax) {
      const near = Math.max(next, now.getTime() - 24 * 3_600_000);
      const recent = lastBefore(schedule, near, now.getTime()) ?? next;
      return { at: recent, next: schedule(now.getTime()), tooMany: true };
    }
    at = next;
    next = schedule(next);
  }
  return { at, next, tooMany: false };
}

function lastBefore(
  schedule: (after: number) => number | undefined,
  from: number,
  end: number,
): number | undefined {
  let found: number | undefined;
  for (let at = schedule(from); at !== undefined && at <= end; at = schedule(at)) found = at;
  return found;
}

interface Observed {
  readonly owned: readonly Job[];
  readonly status: CronJobStatus;
}

function start(cronJob: CronJob, { owned, status }: Observed, now: Date): Start {
  const { at, next, tooMany } = dueOf(cronJob, now);
  // A little late rather than a moment early.
  const wake = next === undefined ? [] : [requeueAfter((next - now.getTime()) / 1000 + 0.1)];
  if (at === undefined) return { effects: [], status, wake };
  const { concurrencyPolicy = "Allow" } = cronJob.spec;
  const active = status.active ?? [];
  const complaint =
    "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
  const complaints = tooMany ? [event(cronJob, "Warning", "TooManyMissedTimes", complaint)] : [];
  if (concurrencyPolicy === "Forbid" && active.length > 0) {
    const message =
      "Not starting job because prior execution is running and concurrency policy is Forbid";
    const said = event(cronJob, "Normal", "JobAlreadyActive", message);
    return { effects: [...complaints, said], status, wake };
  }
  const replaced = concurrencyPolicy === "Replace" ? active : [];
  const ended = replaced.flatMap(({ uid, name }) =>
    owned
      .filter((job) => job.metadata.uid === uid)
      .flatMap((job) => [
        remove(jobs, job, { propagationPolicy: "Background" }),
        event(cronJob, "Normal", "SuccessfulDelete", `Deleted job ${name}`),
      ]),
  );
  const draft = jobAt(cronJob, at);
  const { namespace = "" } = cronJob.metadata;
  const made = [
    create(jobs, namespace, draft, { existsIsFine: true }),
    event(cronJob, "Normal", "SuccessfulCreate", `Created job ${draft.metadata.name}`),
  ];
  const left = active.filter((reference) => !replaced.includes(reference));
  const told = { ...status, active: left, lastScheduleTime: formatTime(new Date(at)) };
  return { effects: [...complaints, ...ended, ...made], status: told, wake };
}

/** Named by its time, so that one time has one Job whoever makes it. */
function jobAt(cronJob: CronJob, at: number): Draft<Job> {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const annotations = { ...metadata?.annotations, [scheduledAnnotation]: formatTime(new Date(at)) };
  return {
    metadata: {
      name: `${cronJob.metadata.name}-${Math.floor(at / 60_000)}`,
      ...(metadata?.labels === undefined ? {} : { labels: metadata.labels }),
      annotations,
      ownerReferences: [controllerReference(cronJob)],
    },
    spec: spec ?? { template: {} },
  };
}
