import { findObject } from "#client/find-object.ts";
import { keyOf, splitKey } from "#client/store.ts";
import type { Controller } from "#controllers/controller.ts";
import { requeueAfter } from "#controllers/effects.ts";
import { isPodTerminal, isPodTerminating } from "#controllers/pod-conditions.ts";
import { byNode, nodeValues } from "#controllers/pods-by-node.ts";
import { nodes, type Pod, pods } from "#gen/api/core/v1.ts";
import { orphaned, outOfServiceNode, terminated, unscheduledTerminating } from "./reconcile.ts";

const finished = "finished";
const terminatedKey = "terminated";
const nodePrefix = "node:";
/** Upstream's quarantine: a node may come back under its name. */
const quarantineSeconds = 40;
const lookSeconds = 20;

export const podGarbageCollector: Controller = {
  name: "pod-garbage-collector-controller",
  workers: 2,
  watch({ informers, client, enqueue, enqueueAfter }) {
    const machines = informers.of(nodes);
    const all = informers.of(pods, {
      [byNode]: nodeValues,
      [finished]: (pod) => (isPodTerminal(pod) ? [finished] : []),
    });
    machines.onChange({
      updated: (_, node) => {
        if ((node.spec.taints ?? []).length > 0) enqueue(nodePrefix + node.metadata.name);
      },
      deleted: ({ metadata }) => enqueueAfter(nodePrefix + metadata.name, quarantineSeconds),
    });
    const look = (pod: Pod): void => {
      const { nodeName = "" } = pod.spec;
      if (nodeName === "" && isPodTerminating(pod)) enqueue(keyOf(pod));
      if (nodeName !== "" && machines.get("", nodeName) === undefined) {
        enqueueAfter(nodePrefix + nodeName, quarantineSeconds);
      }
    };
    all.onChange({ added: look, updated: (_, pod) => look(pod) });
    enqueueAfter(terminatedKey, lookSeconds);

    const isVanished = async (nodeName: string): Promise<boolean> =>
      (await findObject(client, nodes, "", nodeName)) === undefined;
    const onNode = async (nodeName: string, now: Date) => {
      const here = all.byIndex(byNode, nodeName);
      const node = machines.get("", nodeName);
      if (node !== undefined) return outOfServiceNode(node, here, now);
      return here.length > 0 && (await isVanished(nodeName)) ? orphaned(here, now) : [];
    };
    return async (key, now) => {
      if (key === terminatedKey) {
        const effects = terminated(all.byIndex(finished, finished));
        return [...effects, requeueAfter(lookSeconds)];
      }
      if (key.startsWith(nodePrefix)) return onNode(key.slice(nodePrefix.length), now);
      const { namespace, name } = splitKey(key);
      const pod = all.get(namespace, name);
      return pod === undefined ? [] : unscheduledTerminating(pod);
    };
  },
};
