/** A node gets its pods' addresses once, and keeps them. */
import { type Effect, event, patch } from "#controllers/effects.ts";
import { type Node, nodes } from "#gen/api/core/v1.ts";

export function needsRange({ metadata, spec }: Node): boolean {
  return metadata.deletionTimestamp === undefined && (spec.podCIDRs ?? []).length === 0;
}

/** `free`: the subnet set aside for this node; undefined when there is none. */
export function reconcile(node: Node, free: string | undefined): readonly Effect[] {
  if (!needsRange(node)) return [];
  const { name } = node.metadata;
  if (free === undefined) {
    const message = `Node ${name} status is now: CIDRNotAvailable`;
    return [event(node, "Normal", "CIDRNotAvailable", message)];
  }
  return [patch(nodes, { namespace: "", name }, { spec: { podCIDR: free, podCIDRs: [free] } })];
}
