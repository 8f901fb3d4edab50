/** A ReplicaSet of the first hour: the same, with a plain map as selector. */
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { type Effect, updateStatus } from "#controllers/effects.ts";
import { keepReplicas, type Observed } from "#controllers/replicaset/keep-replicas.ts";
import type { ReplicaSetStatus } from "#gen/api/apps/v1.ts";
import { type ReplicationController, replicationcontrollers } from "#gen/api/core/v1.ts";

export function reconcile(
  controller: ReplicationController,
  observed: Omit<Observed, "siblings">,
  now: Date,
): readonly Effect[] {
  const { spec, status } = controller;
  const wanted = {
    owner: controller,
    replicas: spec.replicas ?? 1,
    minReadySeconds: spec.minReadySeconds ?? 0,
    selector: selectorFromLabelSelector({ matchLabels: spec.selector }),
    template: spec.template ?? {},
    status,
    writeStatus({ terminatingReplicas: _, ...next }: ReplicaSetStatus) {
      return updateStatus(replicationcontrollers, { ...controller, status: next });
    },
  };
  return keepReplicas(wanted, { ...observed, siblings: [] }, now);
}
