import type { Filter, OracleNode, Score } from "./cluster.ts";
import { amounts, incomingRequests, placedRequests, podRequests } from "./requests.ts";

function total(at: OracleNode, resource: string, requests = podRequests): number {
  return at.pods.reduce((sum, pod) => sum + (requests(pod)[resource] ?? 0), 0);
}

export const nodeResourcesFitFilter: Filter = (pod, at) => {
  const allocatable = amounts(at.node.status.allocatable);
  const reasons: string[] = [];
  let unresolvable = false;
  if (at.pods.length + 1 > (allocatable["pods"] ?? 0)) reasons.push("Too many pods");
  for (const [resource, request] of Object.entries(podRequests(pod))) {
    if (request === 0 || resource === "pods") continue;
    const has = allocatable[resource] ?? 0;
    if (request <= has - total(at, resource)) continue;
    reasons.push(`Insufficient ${resource}`);
    unresolvable ||= request > has;
  }
  return reasons.length === 0 ? undefined : { reasons, unresolvable };
};

/** LeastAllocated over cpu and memory, weight 1 each, with the scoring defaults. */
export const leastAllocatedScore: Score = (pod, feasible) => {
  const request = incomingRequests(pod);
  return feasible.map((at) => {
    const allocatable = amounts(at.node.status.allocatable);
    const scores = ["cpu", "memory"]
      .filter((resource) => (allocatable[resource] ?? 0) > 0)
      .map((resource) => {
        const has = BigInt(allocatable[resource] ?? 0);
        const used = BigInt(total(at, resource, placedRequests) + (request[resource] ?? 0));
        return used > has ? 0n : ((has - used) * 100n) / has;
      });
    if (scores.length === 0) return 0;
    return Number(scores.reduce((a, b) => a + b, 0n) / BigInt(scores.length));
  });
};
