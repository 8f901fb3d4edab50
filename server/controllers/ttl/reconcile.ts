/** Nodes are told how long they may believe their copies of Secrets and ConfigMaps: longer in large clusters. */
import { type Effect, patch } from "#controllers/effects.ts";
import { type Node, nodes } from "#gen/api/core/v1.ts";

const annotation = "node.alpha.kubernetes.io/ttl";

/** Upstream's; they overlap, so that a cluster at an edge does not change its mind with every node. */
const steps = [
  { nodesMin: 0, nodesMax: 100, seconds: 0 },
  { nodesMin: 90, nodesMax: 500, seconds: 15 },
  { nodesMin: 450, nodesMax: 1000, seconds: 30 },
  { nodesMin: 900, nodesMax: 2000, seconds: 60 },
  { nodesMin: 1800, nodesMax: Number.POSITIVE_INFINITY, seconds: 300 },
] as const;

/** The step of so many nodes, coming from another one. */
export function stepAfter(step: number, nodeCount: number): number {
  let next = step;
  while (nodeCount > (steps[next]?.nodesMax ?? Number.POSITIVE_INFINITY)) next += 1;
  while (nodeCount < (steps[next]?.nodesMin ?? 0)) next -= 1;
  return next;
}

export function reconcile(node: Node, step: number): readonly Effect[] {
  const seconds = `${steps[step]?.seconds ?? 0}`;
  const { name, annotations } = node.metadata;
  if (annotations?.[annotation] === seconds) return [];
  const metadata = { annotations: { [annotation]: seconds } };
  return [patch(nodes, { namespace: "", name }, { metadata })];
}
