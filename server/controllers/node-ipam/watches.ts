import type { Controller } from "#controllers/controller.ts";
import { type Node, nodes } from "#gen/api/core/v1.ts";
import { SubnetAllocator } from "./allocator.ts";
import { needsRange, reconcile } from "./reconcile.ts";

const subnetBits = 24;

export function nodeIpam(clusterCidr: string): Controller {
  return {
    name: "node-ipam-controller",
    // One: a subnet is chosen after every taken one is known.
    workers: 1,
    watch({ informers, enqueue }) {
      const all = informers.of(nodes);
      const allocator = new SubnetAllocator(clusterCidr, subnetBits);
      /** Set aside, until the node shows it. */
      const promised = new Map<string, string>();
      const occupy = (node: Node): void => {
        for (const cidr of node.spec.podCIDRs ?? []) {
          if (isIpv4(cidr)) allocator.occupy(node.metadata.name, cidr);
        }
        if (needsRange(node)) enqueue(node.metadata.name);
        else promised.delete(node.metadata.name);
      };
      all.onChange({
        added: occupy,
        updated: (_, node) => occupy(node),
        deleted(node) {
          const { name } = node.metadata;
          const held = [...(node.spec.podCIDRs ?? []), promised.get(name) ?? ""];
          for (const cidr of held) if (isIpv4(cidr)) allocator.release(name, cidr);
          promised.delete(name);
        },
      });
      return (name) => {
        const node = all.get("", name);
        if (node === undefined || !needsRange(node)) return [];
        const free = promised.get(name) ?? allocator.allocate(name);
        if (free !== undefined) promised.set(name, free);
        return reconcile(node, free);
      };
    },
  };
}

function isIpv4(cidr: string): boolean {
  return cidr !== "" && !cidr.includes(":");
}
