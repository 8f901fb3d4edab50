import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { enqueueOwner } from "#controllers/enqueue-owner.ts";
import { byController, candidatesOf, controllerValues } from "#controllers/owner-references.ts";
import { controllerrevisions, type StatefulSet, statefulsets } from "#gen/api/apps/v1.ts";
import { type Pod, persistentvolumeclaims, pods } from "#gen/api/core/v1.ts";
import { ordinalOf } from "./identity.ts";
import { reconcile } from "./reconcile.ts";

export const statefulSet: Controller = {
  name: "statefulset-controller",
  workers: 5,
  watch({ informers, client, enqueue }) {
    const sets = informers.of(statefulsets);
    const all = informers.of(pods, { [byController]: controllerValues });
    const history = informers.of(controllerrevisions, { [byController]: controllerValues });
    const claims = informers.of(persistentvolumeclaims);
    const look = (set: StatefulSet): void => enqueue(keyOf(set));
    sets.onChange({ added: look, updated: (_, set) => look(set), deleted: look });
    const selectorOf = ({ spec }: StatefulSet) => selectorFromLabelSelector(spec.selector);
    all.onChange(
      enqueueOwner<Pod, StatefulSet>({ kind: "StatefulSet", owners: sets, selectorOf, enqueue }),
    );
    return async (key, now) => {
      const { namespace, name } = splitKey(key);
      const set = sets.get(namespace, name);
      if (set === undefined) return [];
      const uid = set.metadata.uid ?? "";
      const fits = (pod: Pod): boolean => ordinalOf(set, pod) !== undefined;
      const asked = { owner: set, selector: selectorOf(set), all, fits };
      const candidates = await candidatesOf(client, statefulsets, asked);
      if (candidates === undefined) return [];
      const observed = {
        candidates,
        revisions: history.byIndex(byController, uid),
        claim: (claim: string) => claims.get(namespace, claim),
      };
      return reconcile(set, observed, now);
    };
  },
};
