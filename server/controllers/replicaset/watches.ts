import { controllerOf } from "#apimachinery/controller-of.ts";
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { enqueueOwner } from "#controllers/enqueue-owner.ts";
import { byController, candidatesOf, controllerValues } from "#controllers/owner-references.ts";
import { isPodActive } from "#controllers/pod-conditions.ts";
import { type ReplicaSet, replicasets } from "#gen/api/apps/v1.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

export const replicaSet: Controller = {
  name: "replicaset-controller",
  workers: 5,
  watch({ informers, client, enqueue }) {
    const sets = informers.of(replicasets, { [byController]: controllerValues });
    const all = informers.of(pods, { [byController]: controllerValues });
    sets.onChange({
      added: (set) => enqueue(keyOf(set)),
      updated: (_, set) => enqueue(keyOf(set)),
      deleted: (set) => enqueue(keyOf(set)),
    });
    all.onChange(
      enqueueOwner<Pod, ReplicaSet>({
        kind: "ReplicaSet",
        owners: sets,
        selectorOf: ({ spec }) => selectorFromLabelSelector(spec.selector),
        enqueue,
      }),
    );
    /** Pods of the other sets of the same deployment. */
    const siblingsOf = (set: ReplicaSet): readonly Pod[] => {
      const owner = controllerOf(set);
      if (owner === undefined) return [];
      const others = sets.byIndex(byController, owner.uid).filter((it) => it !== set);
      return others.flatMap(({ metadata }) => all.byIndex(byController, metadata.uid ?? ""));
    };
    return async (key, now) => {
      const { namespace, name } = splitKey(key);
      const set = sets.get(namespace, name);
      if (set === undefined) return [];
      const selector = selectorFromLabelSelector(set.spec.selector);
      const candidates = await candidatesOf(client, replicasets, { owner: set, selector, all });
      if (candidates === undefined) return [];
      return reconcile(set, { candidates, siblings: siblingsOf(set).filter(isPodActive) }, now);
    };
  },
};
