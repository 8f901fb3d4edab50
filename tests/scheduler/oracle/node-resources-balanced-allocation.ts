import type { OracleNode, Score } from "./cluster.ts";
import { amounts, podRequests } from "./requests.ts";

/** 100 where cpu and memory are used alike; real requests, since 1.36 the change counts. */
function balance(at: OracleNode, extra: Readonly<Record<string, number>>): number {
  const allocatable = amounts(at.node.status.allocatable);
  const fractions = ["cpu", "memory"]
    .filter((resource) => (allocatable[resource] ?? 0) > 0)
    .map((resource) => {
      const used = at.pods.reduce((sum, pod) => sum + (podRequests(pod)[resource] ?? 0), 0);
      return Math.min(1, (used + (extra[resource] ?? 0)) / (allocatable[resource] ?? 0));
    });
  const [first, second] = fractions;
  const deviation =
    first === undefined || second === undefined ? 0 : Math.abs((first - second) / 2);
  return Math.trunc((1 - deviation) * 100);
}

export const nodeResourcesBalancedAllocation: Score = (pod, feasible) => {
  const request = podRequests(pod);
  if (!request["cpu"] && !request["memory"]) return undefined;
  return feasible.map((at) => 50 + Math.trunc((50 + balance(at, request) - balance(at, {})) / 2));
};
