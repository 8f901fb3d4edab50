import { deepEqual } from "#apimachinery/deep-equal.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { byNode, nodeValues } from "#controllers/pods-by-node.ts";
import { type Node, nodes, pods, type Taint } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

export const taintEviction: Controller = {
  name: "taint-eviction-controller",
  workers: 8,
  watch({ informers, enqueue, clock }) {
    const machines = informers.of(nodes);
    const all = informers.of(pods, { [byNode]: nodeValues });
    /** By node, then by taint key: for taints without timeAdded. */
    const firstSeen = new Map<string, Map<string, Date>>();
    const note = (node: Node): void => {
      const old = firstSeen.get(node.metadata.name);
      const keys = noExecute(node).map(({ key }) => key);
      const seen = keys.map((key) => [key, old?.get(key) ?? clock.now()] as const);
      if (seen.length === 0) firstSeen.delete(node.metadata.name);
      else firstSeen.set(node.metadata.name, new Map(seen));
    };
    const wakePodsOf = (node: Node): void => {
      note(node);
      for (const pod of all.byIndex(byNode, node.metadata.name)) enqueue(keyOf(pod));
    };
    const enqueueTainted = (nodeName: string | undefined, key: string): void => {
      if (firstSeen.has(nodeName ?? "")) enqueue(key);
    };
    machines.onChange({
      added: (node) => {
        if (noExecute(node).length > 0) wakePodsOf(node);
      },
      updated(old, node) {
        if (!deepEqual(noExecute(old), noExecute(node))) wakePodsOf(node);
      },
      deleted: ({ metadata }) => void firstSeen.delete(metadata.name),
    });
    all.onChange({
      added: (pod) => enqueueTainted(pod.spec.nodeName, keyOf(pod)),
      updated(old, pod) {
        const same =
          old.spec.nodeName === pod.spec.nodeName &&
          deepEqual(old.spec.tolerations, pod.spec.tolerations);
        if (!same) enqueueTainted(pod.spec.nodeName, keyOf(pod));
      },
    });
    return (key, now) => {
      const { namespace, name } = splitKey(key);
      const pod = all.get(namespace, name);
      const node = machines.get("", pod?.spec.nodeName ?? "");
      if (pod === undefined || node === undefined) return [];
      const seen = firstSeen.get(node.metadata.name);
      const since = (taint: Taint): Date => seen?.get(taint.key) ?? now;
      return reconcile(pod, node.spec.taints ?? [], { now, firstSeen: since });
    };
  },
};

function noExecute({ spec }: Node): readonly Taint[] {
  return (spec.taints ?? []).filter(({ effect }) => effect === "NoExecute");
}
