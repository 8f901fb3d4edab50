/** Scaling a Deployment in the middle of a rollout: every ReplicaSet gets its share of the change. */
import type { Effect } from "#controllers/effects.ts";
import type { Deployment, ReplicaSet } from "#gen/api/apps/v1.ts";
import { wantedOf } from "./bounds.ts";
import { byCreation, maxReplicasAnnotation, replicasOf, resize, sum } from "./replica-sets.ts";

export interface Sets {
  readonly newSet: ReplicaSet | undefined;
  readonly oldSets: readonly ReplicaSet[];
}

const isActive = (set: ReplicaSet): boolean => replicasOf(set) > 0;

export function scaleAll(deployment: Deployment, { newSet, oldSets }: Sets): readonly Effect[] {
  const { replicas } = wantedOf(deployment);
  const only = activeOrLatest({ newSet, oldSets });
  if (only !== undefined) {
    return replicasOf(only) === replicas ? [] : resize(deployment, only, replicas);
  }
  if (newSet !== undefined && isSaturated(deployment, newSet)) {
    return oldSets.filter(isActive).flatMap((set) => resize(deployment, set, 0));
  }
  if (deployment.spec.strategy?.type === "Recreate") return [];
  const active = [...oldSets, ...(newSet === undefined ? [] : [newSet])].filter(isActive);
  return shares(deployment, active).flatMap(([set, size]) => resize(deployment, set, size));
}

/** The one set that has all pods; the latest when none has any; undefined in the middle of a rollout. */
export function activeOrLatest({ newSet, oldSets }: Sets): ReplicaSet | undefined {
  const sets = [...oldSets, ...(newSet === undefined ? [] : [newSet])];
  const active = sets.filter(isActive);
  if (active.length > 1) return undefined;
  if (active.length === 1) return active[0];
  return newSet ?? [...oldSets].sort(byCreation).at(-1);
}

function isSaturated(deployment: Deployment, set: ReplicaSet): boolean {
  const { replicas } = wantedOf(deployment);
  const annotated = Number(set.metadata.annotations?.["deployment.kubernetes.io/desired-replicas"]);
  return (
    replicasOf(set) === replicas &&
    annotated === replicas &&
    (set.status?.availableReplicas ?? 0) === replicas
  );
}

function shares(
  deployment: Deployment,
  active: readonly ReplicaSet[],
): readonly (readonly [ReplicaSet, number])[] {
  const { replicas, surge } = wantedOf(deployment);
  const present = sum(active, replicasOf);
  const allowed = replicas > 0 ? replicas + surge : 0;
  const toAdd = allowed - present;
  // The larger first; of equals, the newer gains first and the older loses first.
  const age = toAdd > 0 ? -1 : 1;
  const order = [...active].sort((a, b) => replicasOf(b) - replicasOf(a) || age * byCreation(a, b));
  let added = 0;
  const sizes = order.map((set) => {
    const part = proportion(deployment, set, { toAdd, added });
    added += part;
    return replicasOf(set) + part;
  });
  // What rounding left over goes to the largest.
  return order.map((set, index) => {
    const size = (sizes[index] ?? 0) + (index === 0 ? toAdd - added : 0);
    return [set, Math.max(0, size)] as const;
  });
}

function proportion(
  deployment: Deployment,
  set: ReplicaSet,
  { toAdd, added }: { readonly toAdd: number; readonly added: number },
): number {
  const size = replicasOf(set);
  const left = toAdd - added;
  if (size === 0 || toAdd === 0 || left === 0) return 0;
  const fraction = fractionOf(deployment, set, size);
  return toAdd > 0 ? Math.min(fraction, left) : Math.max(fraction, left);
}

function fractionOf(deployment: Deployment, set: ReplicaSet, size: number): number {
  const { replicas, surge } = wantedOf(deployment);
  if (replicas === 0) return -size;
  const annotated = Number(set.metadata.annotations?.[maxReplicasAnnotation]);
  const before = annotated > 0 ? annotated : (deployment.status?.replicas ?? 0);
  if (before === 0) return 0;
  return Math.round((size * (replicas + surge)) / before) - size;
}
