import type { OracleNode, Score } from "./cluster.ts";
import { amounts, podRequests } from "./requests.ts";
import { argumentsOf } from "./settings.ts";

/** 100 where the resources are used alike; real requests, since 1.36 the change counts. */
function balance(
  at: OracleNode,
  names: readonly string[],
  extra: Readonly<Record<string, number>>,
): number {
  const allocatable = amounts(at.node.status.allocatable);
  const fractions = names
    .filter((resource) => (allocatable[resource] ?? 0) > 0)
    .map((resource) => {
      const used = at.pods.reduce((sum, pod) => sum + (podRequests(pod)[resource] ?? 0), 0);
      return Math.min(1, (used + (extra[resource] ?? 0)) / (allocatable[resource] ?? 0));
    });
  return Math.trunc((1 - deviation(fractions)) * 100);
}

function deviation(fractions: readonly number[]): number {
  const [first = 0, second = 0] = fractions;
  if (fractions.length < 2) return 0;
  if (fractions.length === 2) return Math.abs((first - second) / 2);
  const mean = fractions.reduce((a, b) => a + b, 0) / fractions.length;
  const squares = fractions.reduce((sum, one) => sum + (one - mean) * (one - mean), 0);
  return Math.sqrt(squares / fractions.length);
}

const plain = new Set(["cpu", "memory", "ephemeral-storage"]);

export const nodeResourcesBalancedAllocation: Score = (pod, feasible, cluster) => {
  const { resources = [{ name: "cpu" }, { name: "memory" }] } = argumentsOf(
    "NodeResourcesBalancedAllocation",
    pod,
    cluster,
  );
  const request = podRequests(pod);
  if (resources.every(({ name }) => !request[name])) return undefined;
  // Extended resources concern the pods that ask for them.
  const names = resources
    .map(({ name }) => name)
    .filter((name) => plain.has(name) || request[name]);
  return feasible.map(
    (at) => 50 + Math.trunc((50 + balance(at, names, request) - balance(at, names, {})) / 2),
  );
};
