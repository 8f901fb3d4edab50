import { controllerOf } from "#apimachinery/controller-of.ts";
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { keyOf, objectKey, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { enqueueOwner } from "#controllers/enqueue-owner.ts";
import { byController, candidatesOf, controllerValues } from "#controllers/owner-references.ts";
import { type Deployment, deployments, type ReplicaSet, replicasets } from "#gen/api/apps/v1.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

export const deployment: Controller = {
  name: "deployment-controller",
  workers: 5,
  watch({ informers, client, enqueue }) {
    const all = informers.of(deployments);
    const sets = informers.of(replicasets, { [byController]: controllerValues });
    const podsByOwner = informers.of(pods, { [byController]: controllerValues });
    all.onChange({
      added: (object) => enqueue(keyOf(object)),
      updated: (_, object) => enqueue(keyOf(object)),
      deleted: (object) => enqueue(keyOf(object)),
    });
    sets.onChange(
      enqueueOwner<ReplicaSet, Deployment>({
        kind: "Deployment",
        owners: all,
        selectorOf: ({ spec }) => selectorFromLabelSelector(spec.selector),
        enqueue,
      }),
    );
    // Recreate goes on when the last old pod is gone.
    podsByOwner.onChange({
      deleted: (pod: Pod) => {
        const { namespace = "" } = pod.metadata;
        const owner = controllerOf(pod);
        if (owner?.kind !== "ReplicaSet") return;
        const set = sets.get(namespace, owner.name);
        const top = set === undefined ? undefined : controllerOf(set);
        if (top?.kind !== "Deployment") return;
        const found = all.get(namespace, top.name);
        if (found?.spec.strategy?.type === "Recreate") enqueue(objectKey(namespace, top.name));
      },
    });
    return async (key, now) => {
      const { namespace, name } = splitKey(key);
      const object = all.get(namespace, name);
      if (object === undefined) return [];
      const selector = selectorFromLabelSelector(object.spec.selector);
      const asked = { owner: object, selector, all: sets };
      const candidates = await candidatesOf(client, deployments, asked);
      if (candidates === undefined) return [];
      const observed = {
        candidates,
        setNamed: (setName: string) => sets.get(namespace, setName),
        podsOf: (set: ReplicaSet) => podsByOwner.byIndex(byController, set.metadata.uid ?? ""),
      };
      return reconcile(object, observed, now);
    };
  },
};
