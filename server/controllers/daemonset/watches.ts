import { deepEqual } from "#apimachinery/deep-equal.ts";
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { enqueueOwner } from "#controllers/enqueue-owner.ts";
import { byController, candidatesOf, controllerValues } from "#controllers/owner-references.ts";
import { controllerrevisions, type DaemonSet, daemonsets } from "#gen/api/apps/v1.ts";
import { type Node, nodes, type Pod, pods } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

/** What of a node decides where daemons run. */
const facts = ({ metadata, spec }: Node): unknown => [metadata.labels, spec?.taints];

export const daemonSet: Controller = {
  name: "daemon-set-controller",
  workers: 2,
  watch({ informers, client, enqueue }) {
    const sets = informers.of(daemonsets);
    const all = informers.of(pods, { [byController]: controllerValues });
    const history = informers.of(controllerrevisions, { [byController]: controllerValues });
    const machines = informers.of(nodes);
    const look = (set: DaemonSet): void => enqueue(keyOf(set));
    sets.onChange({ added: look, updated: (_, set) => look(set), deleted: look });
    const lookAtAll = (): void => sets.list().forEach(look);
    machines.onChange({
      added: lookAtAll,
      updated(old, node) {
        if (!deepEqual(facts(old), facts(node))) lookAtAll();
      },
      deleted: lookAtAll,
    });
    const selectorOf = ({ spec }: DaemonSet) => selectorFromLabelSelector(spec.selector);
    all.onChange(
      enqueueOwner<Pod, DaemonSet>({ kind: "DaemonSet", owners: sets, selectorOf, enqueue }),
    );
    return async (key, now) => {
      const { namespace, name } = splitKey(key);
      const set = sets.get(namespace, name);
      if (set === undefined) return [];
      const uid = set.metadata.uid ?? "";
      const asked = { owner: set, selector: selectorOf(set), all };
      const candidates = await candidatesOf(client, daemonsets, asked);
      if (candidates === undefined) return [];
      const revisions = history.byIndex(byController, uid);
      return reconcile(set, { nodes: machines.list(), candidates, revisions }, now);
    };
  },
};
