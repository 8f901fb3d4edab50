/** N pods, no more and no fewer. */
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { type Effect, updateStatus } from "#controllers/effects.ts";
import { type ReplicaSet, replicasets } from "#gen/api/apps/v1.ts";
import { keepReplicas, type Observed } from "./keep-replicas.ts";

export function reconcile(set: ReplicaSet, observed: Observed, now: Date): readonly Effect[] {
  const { spec, status } = set;
  const wanted = {
    owner: set,
    replicas: spec.replicas ?? 1,
    minReadySeconds: spec.minReadySeconds ?? 0,
    selector: selectorFromLabelSelector(spec.selector),
    template: spec.template ?? {},
    status,
    writeStatus: (next: ReplicaSet["status"]) =>
      updateStatus(replicasets, { ...set, status: next }),
  };
  return keepReplicas(wanted, observed, now);
}
