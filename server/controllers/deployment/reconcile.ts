/** Pods by way of ReplicaSets, one a template: rollouts, rollbacks, history. */

import { controllerOf } from "#apimachinery/controller-of.ts";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { create, type Effect, event, remove, update, updateStatus } from "#controllers/effects.ts";
import { claim } from "#controllers/owner-references.ts";
import { isPodTerminal } from "#controllers/pod-conditions.ts";
import {
  type Deployment,
  type DeploymentCondition,
  deployments,
  type ReplicaSet,
  replicasets,
} from "#gen/api/apps/v1.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { wantedOf } from "./bounds.ts";
import { scaleAll } from "./proportional.ts";
import {
  byCreation,
  desiredReplicasAnnotation,
  draftOf,
  findNew,
  refreshed,
  replicasOf,
  resize,
  revisionAnnotation,
  revisionOf,
  scalingEvent,
} from "./replica-sets.ts";
import { newSetSize, scaleNew, scaleOld } from "./rolling.ts";
import {
  conditionOf,
  countsOf,
  isComplete,
  progressDeadline,
  rolloutStatus,
  type Sets,
  withCondition,
  writeStatus,
} from "./status.ts";

export interface Observed {
  /** Sets of this Deployment, and those of the namespace that nobody controls. */
  readonly candidates: readonly ReplicaSet[];
  /** Any set of the namespace, by name. */
  setNamed(name: string): ReplicaSet | undefined;
  podsOf(set: ReplicaSet): readonly Pod[];
}

export function reconcile(
  deployment: Deployment,
  observed: Observed,
  now: Date,
): readonly Effect[] {
  const { selector } = deployment.spec;
  if (deepEqual(withoutEmpty(selector), {})) return selectsAll(deployment);
  const { claimed, effects } = claim({
    owner: deployment,
    ref: replicasets,
    selector: selectorFromLabelSelector(selector),
    candidates: observed.candidates,
  });
  return [...effects, ...roll({ deployment, observed, sets: partition(deployment, claimed), now })];
}

interface Rollout {
  readonly deployment: Deployment;
  readonly observed: Observed;
  readonly sets: Sets;
  readonly now: Date;
}

function roll(rollout: Rollout): readonly Effect[] {
  const { deployment, sets, now } = rollout;
  if (deployment.metadata.deletionTimestamp !== undefined) {
    return writeStatus(deployment, countsOf(deployment, sets, now), now);
  }
  if (deployment.spec.paused === true || isScalingEvent(deployment, sets))
    return resizeOnly(rollout);
  const step = deployment.spec.strategy?.type === "Recreate" ? recreateStep : rollingStep;
  return step(rollout);
}

function partition(deployment: Deployment, sets: readonly ReplicaSet[]): Sets {
  const newSet = findNew(deployment, sets);
  return { newSet, oldSets: sets.filter((set) => set !== newSet) };
}

function withoutEmpty({ matchLabels = {}, matchExpressions = [] }: Deployment["spec"]["selector"]) {
  return matchExpressions.length > 0 ? { matchExpressions } : matchLabels;
}

function selectsAll(deployment: Deployment): readonly Effect[] {
  const message = "This deployment is selecting all pods. A non-empty selector is required.";
  const { generation } = deployment.metadata;
  const warning = event(deployment, "Warning", "SelectingAll", message);
  if ((deployment.status?.observedGeneration ?? 0) >= (generation ?? 0)) return [warning];
  const status = { ...deployment.status, observedGeneration: generation };
  return [warning, updateStatus(deployments, { ...deployment, status })];
}

function isScalingEvent(deployment: Deployment, { newSet, oldSets }: Sets): boolean {
  const { replicas } = wantedOf(deployment);
  return [...oldSets, ...(newSet === undefined ? [] : [newSet])].some((set) => {
    const desired = set.metadata.annotations?.[desiredReplicasAnnotation];
    return replicasOf(set) > 0 && desired !== undefined && Number(desired) !== replicas;
  });
}

/** The size has changed, or the rollout is paused: sizes only, no progress. */
function resizeOnly({ deployment, sets, now }: Rollout): readonly Effect[] {
  const conditions = pausedConditions(deployment, now);
  const known = { ...deployment, status: { ...deployment.status, conditions: [...conditions] } };
  const { newSet } = sets;
  const fresh =
    newSet === undefined ? undefined : refreshed(deployment, newSet, nextRevision(sets));
  const refresh =
    newSet === undefined || fresh === undefined || fresh === newSet
      ? []
      : [update(replicasets, fresh)];
  // One write to a set at a time: its next version must be seen before the next.
  const scale = refresh.length > 0 ? [] : scaleAll(deployment, sets);
  const clean = deployment.spec.paused === true ? history(deployment, sets) : [];
  return [
    ...refresh,
    ...scale,
    ...clean,
    ...writeStatus(deployment, countsOf(known, sets, now), now),
  ];
}

function pausedConditions(deployment: Deployment, now: Date): readonly DeploymentCondition[] {
  const conditions = deployment.status?.conditions ?? [];
  const current = conditionOf(conditions, "Progressing");
  if (progressDeadline(deployment) === undefined) return conditions;
  if (current?.reason === "ProgressDeadlineExceeded") return conditions;
  const paused = deployment.spec.paused === true;
  if (paused === (current?.reason === "DeploymentPaused")) return conditions;
  if (!paused && current?.reason !== "DeploymentPaused") return conditions;
  const reason = paused ? "DeploymentPaused" : "DeploymentResumed";
  const message = `Deployment is ${paused ? "paused" : "resumed"}`;
  return withCondition(
    conditions,
    { type: "Progressing", status: "Unknown", reason, message },
    now,
  );
}

function nextRevision({ oldSets }: Sets): bigint {
  const newest = [...oldSets].sort(byRevision).at(-1);
  return (newest === undefined ? 0n : revisionOf(newest)) + 1n;
}

interface Prepared {
  /** Writes on the new set; when there are any, nothing else is done to sets in this turn. */
  readonly effects: readonly Effect[];
  readonly sets: Sets;
  readonly conditions: readonly DeploymentCondition[];
  readonly revision: bigint;
}

/** Makes the new set, or brings its annotations up to date. "collision": its name belongs to another. */
function prepareNew({ deployment, observed, sets, now }: Rollout): Prepared | "collision" {
  const { newSet, oldSets } = sets;
  const revision = nextRevision(sets);
  const conditions = pausedConditions(deployment, now);
  if (newSet !== undefined) {
    const fresh = refreshed(deployment, newSet, revision);
    const message = `Found new replica set "${newSet.metadata.name}"`;
    const known = conditionOf(conditions, "Progressing") !== undefined;
    const found = { type: "Progressing", status: "True", reason: "FoundNewReplicaSet", message };
    return {
      effects: fresh === newSet ? [] : [update(replicasets, fresh)],
      sets: { newSet: fresh, oldSets },
      conditions: known ? conditions : withCondition(conditions, found, now),
      revision: revisionOf(fresh),
    };
  }
  const size = newSetSize(deployment, 0, oldSets);
  const draft = draftOf(deployment, { replicas: size, revision });
  const { name } = draft.metadata;
  if (observed.setNamed(name) !== undefined) return "collision";
  const message = `Created new replica set "${name}"`;
  const made = { type: "Progressing", status: "True", reason: "NewReplicaSetCreated", message };
  const { namespace = "" } = deployment.metadata;
  const scaled = size > 0 ? [scalingEvent(deployment, name, { from: 0, to: size })] : [];
  const born: ReplicaSet = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { ...draft.metadata, name },
    spec: draft.spec,
    status: { replicas: 0 },
  };
  return {
    effects: [create(replicasets, namespace, draft), ...scaled],
    sets: { newSet: born, oldSets },
    conditions:
      progressDeadline(deployment) === undefined
        ? conditions
        : withCondition(conditions, made, now),
    revision,
  };
}

/** A set of that name with another template: the hash is made anew, with the collision counted in. */
function collided(deployment: Deployment): readonly Effect[] {
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1;
  const status = { ...deployment.status, collisionCount };
  return [updateStatus(deployments, { ...deployment, status })];
}

function rollingStep(rollout: Rollout): readonly Effect[] {
  const { deployment } = rollout;
  const prepared = prepareNew(rollout);
  if (prepared === "collision") return collided(deployment);
  const { newSet, oldSets } = prepared.sets;
  if (prepared.effects.length > 0 || newSet === undefined) return finish(rollout, prepared, []);
  const up = scaleNew(deployment, newSet, oldSets);
  const steps = up.length > 0 ? up : scaleOld(deployment, newSet, oldSets);
  return finish(rollout, prepared, steps);
}

/** The old ones end, wholly, before the new one begins. */
function recreateStep(rollout: Rollout): readonly Effect[] {
  const { deployment, observed, sets, now } = rollout;
  const down = sets.oldSets
    .filter((set) => replicasOf(set) > 0)
    .flatMap((set) => resize(deployment, set, 0));
  const stillRunning = sets.oldSets.some((set) =>
    observed.podsOf(set).some((pod) => !isPodTerminal(pod)),
  );
  if (down.length > 0 || stillRunning) {
    const conditions = pausedConditions(deployment, now);
    const revision = revisionOf(deployment);
    return finish(rollout, { effects: [], sets, conditions, revision }, down);
  }
  const prepared = prepareNew(rollout);
  if (prepared === "collision") return collided(deployment);
  const { newSet } = prepared.sets;
  const { replicas } = wantedOf(deployment);
  const wrong = newSet !== undefined && replicasOf(newSet) !== replicas;
  const up = wrong && prepared.effects.length === 0 ? resize(deployment, newSet, replicas) : [];
  return finish(rollout, prepared, up);
}

function finish(rollout: Rollout, prepared: Prepared, steps: readonly Effect[]): readonly Effect[] {
  const { deployment, now } = rollout;
  const { sets, conditions, revision } = prepared;
  const status = rolloutStatus(deployment, sets, now, conditions);
  const idle = steps.length === 0 && prepared.effects.length === 0;
  const clean = idle && isComplete(deployment, status) ? history(deployment, sets) : [];
  const writes = writeRevision(deployment, revision, writeStatus(deployment, status, now));
  return [...prepared.effects, ...steps, ...clean, ...writes];
}

/**
 * Upstream's status strategy lets annotations through, so the revision travels with a status that is written
 * anyway; where there is none, or a server kept the old annotations, it is written by itself.
 */
function writeRevision(
  deployment: Deployment,
  revision: bigint,
  writes: readonly Effect[],
): readonly Effect[] {
  if (revision === revisionOf(deployment)) return writes;
  const { metadata } = deployment;
  const annotations = { ...metadata.annotations, [revisionAnnotation]: String(revision) };
  if (!writes.some(({ effect }) => effect === "update")) {
    return [
      ...writes,
      update(deployments, { ...deployment, metadata: { ...metadata, annotations } }),
    ];
  }
  return writes.map((write) =>
    write.effect === "update"
      ? { ...write, object: { ...write.object, metadata: { ...metadata, annotations } } }
      : write,
  );
}

function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [revisionOf(a), revisionOf(b)];
  return left === right ? 0 : left < right ? -1 : 1;
}

/** Deletes the oldest empty sets beyond revisionHistoryLimit. */
function history(deployment: Deployment, { oldSets }: Sets): readonly Effect[] {
  const limit = deployment.spec.revisionHistoryLimit ?? 10;
  const alive = oldSets.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  const order = [...alive].sort((a, b) => byRevision(a, b) || byCreation(a, b));
  return order
    .slice(0, Math.max(0, alive.length - limit))
    .filter(isEmpty)
    .map((set) => remove(replicasets, set));
}

function isEmpty(set: ReplicaSet): boolean {
  const { status, metadata } = set;
  const observed = (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
  return (
    (status?.replicas ?? 0) === 0 &&
    replicasOf(set) === 0 &&
    observed &&
    controllerOf(set) !== undefined
  );
}
