/** One step of a rolling update: up with the new, or down with the old, within the bounds. */
import type { Effect } from "#controllers/effects.ts";
import type { Deployment, ReplicaSet } from "#gen/api/apps/v1.ts";
import { wantedOf } from "./bounds.ts";
import { byCreation, replicasOf, resize, sum } from "./replica-sets.ts";

/** The size that the new set may have now, given all others. */
export function newSetSize(
  deployment: Deployment,
  newSize: number,
  others: readonly ReplicaSet[],
): number {
  const { replicas, surge } = wantedOf(deployment);
  if (deployment.spec.strategy?.type === "Recreate") return replicas;
  if (newSize > replicas) return replicas;
  const room = replicas + surge - newSize - sum(others, replicasOf);
  return room <= 0 ? newSize : newSize + Math.min(room, replicas - newSize);
}

/** Nothing: the new set has the size it may have. */
export function scaleNew(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): readonly Effect[] {
  const size = replicasOf(newSet);
  const wanted = newSetSize(deployment, size, oldSets);
  return wanted === size ? [] : resize(deployment, newSet, wanted);
}

/** Unavailable old pods first, since they cost nothing; then available ones, as far as the bound allows. */
export function scaleOld(
  deployment: Deployment,
  newSet: ReplicaSet | undefined,
  oldSets: readonly ReplicaSet[],
): readonly Effect[] {
  const all = newSet === undefined ? oldSets : [...oldSets, newSet];
  const { replicas, unavailable } = wantedOf(deployment);
  const available = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0;
  const minAvailable = replicas - unavailable;
  const newUnavailable = newSet === undefined ? 0 : replicasOf(newSet) - available(newSet);
  const maxDown = sum(all, replicasOf) - minAvailable - newUnavailable;
  if (maxDown <= 0 || sum(oldSets, replicasOf) === 0) return [];
  const order = [...oldSets].sort(byCreation);
  const sizes = new Map(order.map((set) => [set, replicasOf(set)]));
  let unhealthyLeft = maxDown;
  for (const set of order) {
    const size = replicasOf(set);
    const down = Math.min(unhealthyLeft, Math.max(0, size - available(set)));
    unhealthyLeft -= down;
    sizes.set(set, size - down);
  }
  let healthyLeft = Math.max(0, sum(all, available) - minAvailable);
  for (const set of order) {
    const size = sizes.get(set) ?? 0;
    const down = Math.min(healthyLeft, size);
    healthyLeft -= down;
    sizes.set(set, size - down);
  }
  return order.flatMap((set) => {
    const size = sizes.get(set) ?? 0;
    return size === replicasOf(set) ? [] : resize(deployment, set, size);
  });
}
