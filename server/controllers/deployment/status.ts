/** What a Deployment says about itself: counts and the conditions Available, Progressing, ReplicaFailure. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { formatTime, parseTime } from "#apimachinery/time.ts";
import { type Effect, requeueAfter, updateStatus } from "#controllers/effects.ts";
import {
  type Deployment,
  type DeploymentCondition,
  type DeploymentStatus,
  deployments,
  type ReplicaSet,
} from "#gen/api/apps/v1.ts";
import { wantedOf } from "./bounds.ts";
import { replicasOf, sum } from "./replica-sets.ts";

export interface Sets {
  readonly newSet: ReplicaSet | undefined;
  readonly oldSets: readonly ReplicaSet[];
}

type Conditions = readonly DeploymentCondition[];
interface ConditionFields {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export function conditionOf(
  conditions: Conditions | undefined,
  type: string,
): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type);
}

/** Same status and reason: the old one stays, with its times. Same status: it began when the old one did. */
export function withCondition(
  conditions: Conditions,
  next: ConditionFields,
  now: Date,
): Conditions {
  const old = conditionOf(conditions, next.type);
  if (old?.status === next.status && old.reason === next.reason) return conditions;
  const time = formatTime(now);
  const since = old?.status === next.status ? old.lastTransitionTime : time;
  const others = conditions.filter(({ type }) => type !== next.type);
  return [...others, { ...next, lastUpdateTime: time, lastTransitionTime: since ?? time }];
}

/** Counts and Available; the other conditions as they stand. */
export function countsOf(deployment: Deployment, sets: Sets, now: Date): DeploymentStatus {
  const { newSet, oldSets } = sets;
  const all = newSet === undefined ? oldSets : [...oldSets, newSet];
  const { replicas, unavailable } = wantedOf(deployment);
  const available = sum(all, ({ status }) => status?.availableReplicas);
  const enough = available >= replicas - unavailable;
  const has = enough ? "has" : "does not have";
  const condition = {
    type: "Available",
    status: enough ? "True" : "False",
    reason: enough ? "MinimumReplicasAvailable" : "MinimumReplicasUnavailable",
    message: `Deployment ${has} minimum availability.`,
  };
  const { collisionCount, conditions = [] } = deployment.status ?? {};
  return {
    observedGeneration: deployment.metadata.generation,
    replicas: sum(all, ({ status }) => status?.replicas),
    updatedReplicas: newSet?.status?.replicas ?? 0,
    readyReplicas: sum(all, ({ status }) => status?.readyReplicas),
    availableReplicas: available,
    unavailableReplicas: Math.max(0, sum(all, replicasOf) - available),
    terminatingReplicas: sum(all, ({ status }) => status?.terminatingReplicas),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    conditions: [...withCondition(conditions, condition, now)],
  };
}

export function isComplete(deployment: Deployment, status: DeploymentStatus): boolean {
  const { replicas } = wantedOf(deployment);
  return (
    status.updatedReplicas === replicas &&
    status.replicas === replicas &&
    status.availableReplicas === replicas &&
    (status.observedGeneration ?? 0) >= (deployment.metadata.generation ?? 0)
  );
}

function hasProgressed(old: DeploymentStatus | undefined, status: DeploymentStatus): boolean {
  const outdated = (it: DeploymentStatus | undefined) =>
    (it?.replicas ?? 0) - (it?.updatedReplicas ?? 0);
  return (
    (status.updatedReplicas ?? 0) > (old?.updatedReplicas ?? 0) ||
    outdated(status) < outdated(old) ||
    (status.readyReplicas ?? 0) > (old?.readyReplicas ?? 0) ||
    (status.availableReplicas ?? 0) > (old?.availableReplicas ?? 0)
  );
}

/** MaxInt32 says "never". */
export function progressDeadline({ spec }: Deployment): number | undefined {
  const seconds = spec.progressDeadlineSeconds;
  return seconds === undefined || seconds === 2 ** 31 - 1 ? undefined : seconds;
}

/** Seconds until the rollout counts as stuck; undefined: it cannot be. */
function untilStuck(
  deployment: Deployment,
  progressing: DeploymentCondition | undefined,
  now: Date,
): number | undefined {
  const deadline = progressDeadline(deployment);
  if (deadline === undefined || progressing === undefined) return undefined;
  if (progressing.reason === "NewReplicaSetAvailable") return undefined;
  const since = parseTime(progressing.lastUpdateTime ?? "");
  if (since === undefined) return undefined;
  return (since.getTime() - now.getTime()) / 1000 + deadline;
}

/** The whole status of a rollout under way. */
export function rolloutStatus(
  deployment: Deployment,
  sets: Sets,
  now: Date,
  progressSoFar: Conditions,
): DeploymentStatus {
  const before = { ...deployment.status, conditions: [...progressSoFar] };
  const status = countsOf({ ...deployment, status: before }, sets, now);
  const current = conditionOf(status.conditions, "Progressing");
  const subject =
    sets.newSet === undefined
      ? `Deployment "${deployment.metadata.name}"`
      : `ReplicaSet "${sets.newSet.metadata.name}"`;
  const settled =
    status.replicas === status.updatedReplicas && current?.reason === "NewReplicaSetAvailable";
  let conditions: Conditions = status.conditions ?? [];
  if (progressDeadline(deployment) !== undefined && !settled) {
    const progress = progressOf(deployment, { status, current, subject }, now);
    if (progress !== undefined) conditions = applyProgress(conditions, progress, current, now);
  }
  return { ...status, conditions: [...withReplicaFailure(conditions, sets, now)] };
}

interface Progress {
  readonly status: DeploymentStatus;
  readonly current: DeploymentCondition | undefined;
  readonly subject: string;
}

function progressOf(
  deployment: Deployment,
  { status, current, subject }: Progress,
  now: Date,
): ConditionFields | undefined {
  const type = "Progressing";
  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`;
    return { type, status: "True", reason: "NewReplicaSetAvailable", message };
  }
  if (hasProgressed(deployment.status, status)) {
    const message = `${subject} is progressing.`;
    return { type, status: "True", reason: "ReplicaSetUpdated", message };
  }
  const left = untilStuck(deployment, current, now);
  const timedOut =
    current?.reason === "ProgressDeadlineExceeded" || (left !== undefined && left <= 0);
  if (!timedOut) return undefined;
  const message = `${subject} has timed out progressing.`;
  return { type, status: "False", reason: "ProgressDeadlineExceeded", message };
}

/** Progress renews lastUpdateTime even when status and reason stay: the deadline counts from it. */
function applyProgress(
  conditions: Conditions,
  progress: ConditionFields,
  current: DeploymentCondition | undefined,
  now: Date,
): Conditions {
  if (progress.reason !== "ReplicaSetUpdated") return withCondition(conditions, progress, now);
  const time = formatTime(now);
  const since = current?.status === "True" ? current.lastTransitionTime : time;
  const others = conditions.filter(({ type }) => type !== "Progressing");
  return [...others, { ...progress, lastUpdateTime: time, lastTransitionTime: since ?? time }];
}

function withReplicaFailure(
  conditions: Conditions,
  { newSet, oldSets }: Sets,
  now: Date,
): Conditions {
  const all = newSet === undefined ? oldSets : [newSet, ...oldSets];
  const failures = all.flatMap(({ status }) => status?.conditions ?? []);
  const failure = failures.find(({ type }) => type === "ReplicaFailure");
  if (failure === undefined) return conditions.filter(({ type }) => type !== "ReplicaFailure");
  const { status = "True", reason = "", message = "" } = failure;
  return withCondition(conditions, { type: "ReplicaFailure", status, reason, message }, now);
}

/** Writes the status when it differs, and comes back when the deadline passes. */
export function writeStatus(
  deployment: Deployment,
  status: DeploymentStatus,
  now: Date,
): readonly Effect[] {
  const same = deepEqual(withoutZeros(status), withoutZeros(deployment.status));
  const write = same ? [] : [updateStatus(deployments, { ...deployment, status })];
  const progressing = conditionOf(status.conditions, "Progressing");
  const left = untilStuck(deployment, progressing, now);
  const running = !isComplete(deployment, status) && progressing?.status !== "False";
  return left === undefined || !running ? write : [...write, requeueAfter(Math.max(1, left + 1))];
}

/** The wire leaves out zero counts and empty lists. */
function withoutZeros(status: DeploymentStatus | undefined): Readonly<Record<string, unknown>> {
  const fields = Object.entries(status ?? {}).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value !== 0,
  );
  return Object.fromEntries(fields);
}
