import { controllerOf } from "#apimachinery/controller-of.ts";
import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { deployments, replicasets, statefulsets } from "#gen/api/apps/v1.ts";
import { type Pod, pods, replicationcontrollers } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { type PodDisruptionBudget, poddisruptionbudgets } from "#gen/api/policy/v1.ts";
import { reconcile } from "./reconcile.ts";

interface Replicated extends KubeObject {
  readonly spec: { readonly replicas?: number | undefined };
}

const selects = ({ spec }: PodDisruptionBudget, { metadata }: Pod): boolean =>
  matches(selectorFromLabelSelector(spec.selector), metadata.labels);

export const disruption: Controller = {
  name: "disruption-controller",
  workers: 5,
  watch({ informers, enqueue }) {
    const budgets = informers.of(poddisruptionbudgets);
    const all = informers.of(pods);
    const sets = informers.of(replicasets);
    const tops = informers.of(deployments);
    const stateful = informers.of(statefulsets);
    const replication = informers.of(replicationcontrollers);
    const look = (budget: PodDisruptionBudget): void => enqueue(keyOf(budget));
    budgets.onChange({ added: look, updated: (_, budget) => look(budget) });
    const lookAt = (namespace: string, pod: Pod | undefined): void => {
      for (const budget of budgets.list(namespace)) {
        if (pod === undefined || selects(budget, pod)) look(budget);
      }
    };
    const wake = (pod: Pod): void => lookAt(pod.metadata.namespace ?? "", pod);
    all.onChange({
      added: wake,
      updated(old, pod) {
        wake(old);
        wake(pod);
      },
      deleted: wake,
    });
    const scaled = (old: Replicated, next: Replicated): void => {
      if (old.spec.replicas !== next.spec.replicas)
        lookAt(next.metadata.namespace ?? "", undefined);
    };
    for (const informer of [sets, tops, stateful, replication]) {
      informer.onChange({ updated: scaled });
    }
    /** Whoever says how many pods there should be; undefined: nobody does. */
    const scalerOf = (namespace: string, pod: Pod): Replicated | undefined => {
      const owner = controllerOf(pod);
      if (owner === undefined) return undefined;
      if (owner.kind === "StatefulSet") return stateful.get(namespace, owner.name);
      if (owner.kind === "ReplicationController") return replication.get(namespace, owner.name);
      if (owner.kind !== "ReplicaSet") return undefined;
      const set = sets.get(namespace, owner.name);
      const top = set === undefined ? undefined : controllerOf(set);
      return top?.kind === "Deployment" ? tops.get(namespace, top.name) : set;
    };
    return (key, now) => {
      const { namespace, name } = splitKey(key);
      const budget = budgets.get(namespace, name);
      if (budget === undefined) return [];
      const selected = all.list(namespace).filter((pod) => selects(budget, pod));
      const scalers = new Map<string, number>();
      for (const pod of selected) {
        const scaler = scalerOf(namespace, pod);
        if (scaler !== undefined) {
          scalers.set(scaler.metadata.uid ?? "", scaler.spec.replicas ?? 1);
        }
      }
      const wantedReplicas = [...scalers.values()].reduce((sum, count) => sum + count, 0);
      return reconcile(budget, { pods: selected, wantedReplicas }, now);
    };
  },
};
