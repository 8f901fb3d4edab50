import type { Pod } from "#gen/api/core/v1.ts";
import type { Cluster, Filter, OracleNode, Score } from "./cluster.ts";
import { isServedByDevices } from "./extended-resources.ts";
import { amounts, incomingRequests, placedRequests, podRequests } from "./requests.ts";
import { argumentsOf, onShape } from "./settings.ts";

function total(at: OracleNode, resource: string, requests = podRequests): number {
  return at.pods.reduce((sum, pod) => sum + (requests(pod)[resource] ?? 0), 0);
}

/** Extended resources that the configuration leaves to others. */
function isIgnored(resource: string, pod: Pod, cluster: Cluster): boolean {
  const { ignoredResources = [], ignoredResourceGroups = [] } = argumentsOf(
    "NodeResourcesFit",
    pod,
    cluster,
  );
  const [group = ""] = resource.split("/");
  if (group === resource) return false;
  return ignoredResources.includes(resource) || ignoredResourceGroups.includes(group);
}

export const nodeResourcesFitFilter: Filter = (pod, at, cluster) => {
  const allocatable = amounts(at.node.status.allocatable);
  const reasons: string[] = [];
  let unresolvable = false;
  if (at.pods.length + 1 > (allocatable["pods"] ?? 0)) reasons.push("Too many pods");
  for (const [resource, request] of Object.entries(podRequests(pod))) {
    if (request === 0 || resource === "pods" || isIgnored(resource, pod, cluster)) continue;
    const has = allocatable[resource] ?? 0;
    const { devices } = cluster;
    if (devices !== undefined && isServedByDevices(resource, at.node, devices)) continue;
    if (request <= has - total(at, resource)) continue;
    reasons.push(`Insufficient ${resource}`);
    unresolvable ||= request > has;
  }
  return reasons.length === 0 ? undefined : { reasons, unresolvable };
};

const plainResources = new Set(["cpu", "memory", "ephemeral-storage"]);

interface Share {
  readonly has: bigint;
  readonly used: bigint;
  readonly weight: bigint;
}

type Strategy = (shares: readonly Share[]) => number;

const weighted =
  (score: (share: Share) => bigint): Strategy =>
  (shares) => {
    const weights = shares.reduce((sum, { weight }) => sum + weight, 0n);
    if (weights === 0n) return 0;
    return Number(shares.reduce((sum, one) => sum + score(one) * one.weight, 0n) / weights);
  };

const least = weighted(({ has, used }) => (used > has ? 0n : ((has - used) * 100n) / has));
const most = weighted(({ has, used }) => (used > has ? 100n : (used * 100n) / has));

/** Only resources that score something count. */
function ratio(shape: Parameters<typeof onShape>[0]): Strategy {
  return (shares) => {
    const scored = shares
      .map(({ has, used, weight }) => {
        const utilization = used > has ? 100 : Number((used * 100n) / has);
        return { score: onShape(shape, utilization), weight: Number(weight) };
      })
      .filter(({ score }) => score > 0);
    const weights = scored.reduce((sum, { weight }) => sum + weight, 0);
    if (weights === 0) return 0;
    return Math.round(scored.reduce((sum, one) => sum + one.score * one.weight, 0) / weights);
  };
}

const both = [{ name: "cpu" }, { name: "memory" }];

/** LeastAllocated over cpu and memory by default, with what stands in for requests that are not made. */
export const nodeResourcesFitScore: Score = (pod, feasible, cluster) => {
  const { scoringStrategy = {} } = argumentsOf("NodeResourcesFit", pod, cluster);
  const { type = "LeastAllocated", resources = both, requestedToCapacityRatio } = scoringStrategy;
  const strategy =
    type === "LeastAllocated"
      ? least
      : type === "MostAllocated"
        ? most
        : ratio(requestedToCapacityRatio?.shape ?? []);
  const request = incomingRequests(pod);
  return feasible.map((at) => {
    const allocatable = amounts(at.node.status.allocatable);
    const shares = resources
      .filter(({ name }) => (allocatable[name] ?? 0) > 0)
      .filter(({ name }) => plainResources.has(name) || (request[name] ?? 0) > 0)
      .map(({ name, weight }: { name: string; weight?: number }) => ({
        has: BigInt(allocatable[name] ?? 0),
        used: BigInt(total(at, name, placedRequests) + (request[name] ?? 0)),
        weight: BigInt(weight ?? 1),
      }));
    return strategy(shares);
  });
};
