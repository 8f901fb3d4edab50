import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Controller } from "#controllers/controller.ts";
import { event } from "#controllers/effects.ts";
import { byNode, nodeValues } from "#controllers/pods-by-node.ts";
import { leases } from "#gen/api/coordination/v1.ts";
import { type Node, nodes, pods } from "#gen/api/core/v1.ts";
import { readyCondition, reconcile } from "./reconcile.ts";
import { Zones } from "./zones.ts";

const leaseNamespace = "kube-node-lease";

export const nodeLifecycle: Controller = {
  name: "node-lifecycle-controller",
  workers: 4,
  watch({ informers, enqueue, clock }) {
    const all = informers.of(nodes);
    const onNode = informers.of(pods, { [byNode]: nodeValues });
    const heartbeats = informers.of(leases);
    const zones = new Zones(clock);
    /** By our own clock: those of the nodes are not compared with it. */
    const lastSign = new Map<string, number>();
    const registered = new Set<string>();
    const sign = (name: string): void => {
      lastSign.set(name, clock.monotonic());
    };
    all.onChange({
      added(node, { initial }) {
        zones.add(node);
        sign(node.metadata.name);
        if (!initial) registered.add(node.metadata.name);
        enqueue(node.metadata.name);
      },
      updated(old, node) {
        zones.remove(old);
        zones.add(node);
        if (heartbeatOf(old) !== heartbeatOf(node)) sign(node.metadata.name);
        if (!deepEqual(judged(old), judged(node))) enqueue(node.metadata.name);
      },
      deleted(node) {
        zones.remove(node);
        lastSign.delete(node.metadata.name);
      },
    });
    // A renewal is only noted; the node is looked at when none came for the whole grace period.
    heartbeats.onChange({
      updated(old, { metadata, spec }) {
        if (metadata.namespace !== leaseNamespace || old.spec.renewTime === spec.renewTime) return;
        if (lastSign.has(metadata.name)) sign(metadata.name);
      },
    });
    return (name, now) => {
      const node = all.get("", name);
      if (node === undefined) return [];
      const since = lastSign.get(name) ?? clock.monotonic();
      const effects = reconcile(
        node,
        {
          silentSeconds: (clock.monotonic() - since) / 1000,
          pods: onNode.byIndex(byNode, name),
          evictionWait: () => zones.evictionWait(node),
        },
        now,
      );
      if (!registered.delete(name)) return effects;
      const message = `Node ${name} event: Registered Node ${name} in Controller`;
      return [event(node, "Normal", "RegisteredNode", message), ...effects];
    };
  },
};

function heartbeatOf(node: Node): string | undefined {
  return readyCondition(node)?.lastHeartbeatTime;
}

/** What is decided upon; heartbeats alone are not worth a look. */
function judged({ metadata, spec, status }: Node): unknown {
  const conditions = (status.conditions ?? []).map(({ type, status: value }) => [type, value]);
  return [metadata.deletionTimestamp, spec.taints, spec.unschedulable, conditions];
}
