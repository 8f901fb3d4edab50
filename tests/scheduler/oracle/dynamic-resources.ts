import type { Pod } from "#gen/api/core/v1.ts";
import type { AllocationResult, ResourceClaim } from "#gen/api/resource/v1.ts";
import type { Cluster, Filter, OracleNode, Score } from "./cluster.ts";
import { allocateOn, DeviceFailure, type Found } from "./device-allocation.ts";
import { type Devices, noDevices } from "./devices.ts";
import { asksForDevices, claimForResources, isLeftBehind } from "./extended-resources.ts";
import { nodeTermMatches } from "./matching.ts";

/** The pod's claims, or why no node can be asked. */
function claimsOf(pod: Pod, { claims }: Devices): readonly ResourceClaim[] | string {
  const found: ResourceClaim[] = [];
  const { namespace = "" } = pod.metadata;
  for (const { name, resourceClaimName } of pod.spec.resourceClaims ?? []) {
    const made = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
    if (resourceClaimName === undefined && made === undefined)
      return `pod "${namespace}/${pod.metadata.name}": ResourceClaim not created yet`;
    const claimName = resourceClaimName ?? made?.resourceClaimName;
    if (claimName === undefined) continue;
    const claim = claims.find(
      ({ metadata }) => metadata.name === claimName && metadata.namespace === namespace,
    );
    if (claim === undefined) return `resourceclaim "${claimName}" not found`;
    if (claim.metadata.deletionTimestamp !== undefined)
      return `resourceclaim "${claimName}" is being deleted`;
    const owned = claim.metadata.ownerReferences?.some(
      ({ uid, controller }) => controller === true && uid === pod.metadata.uid,
    );
    if (resourceClaimName === undefined && owned !== true)
      return `ResourceClaim ${namespace}/${claimName} was not created for Pod ${namespace}/${pod.metadata.name} (Pod is not owner)`;
    found.push(claim);
  }
  return found;
}

/** In upstream's words; undefined: nodes are asked. */
export function unaskedForDevices(pod: Pod, { devices = noDevices }: Cluster): string | undefined {
  const claims = claimsOf(pod, devices);
  if (typeof claims === "string") return claims;
  for (const { status, spec } of claims) {
    if (status.allocation !== undefined) {
      const users = status.reservedFor ?? [];
      if (users.length >= 256 && !users.some(({ uid }) => uid === pod.metadata.uid))
        return "resourceclaim in use";
      continue;
    }
    for (const { name, exactly, firstAvailable = [] } of spec.devices?.requests ?? []) {
      const asked = [
        ...(exactly === undefined ? [] : [[name, exactly.deviceClassName]]),
        ...firstAvailable.map((one) => [`${name}/${one.name}`, one.deviceClassName]),
      ];
      for (const [request, wanted] of asked)
        if (!devices.classes.some(({ metadata }) => metadata.name === wanted))
          return `request ${request}: device class ${wanted} does not exist`;
    }
  }
  return undefined;
}

function isUsable({ status }: ResourceClaim, { node }: OracleNode, now: Date): boolean {
  const { allocation, devices = [] } = status;
  if (allocation === undefined) return true;
  const terms = allocation.nodeSelector?.nodeSelectorTerms;
  if (terms !== undefined && !terms.some((term) => nodeTermMatches(term, node))) return false;
  let ready = true;
  for (const one of allocation.devices?.results ?? []) {
    if ((one.bindingConditions ?? []).length === 0) continue;
    const known = devices.find(
      ({ driver, pool, device }) =>
        driver === one.driver && pool === one.pool && device === one.device,
    );
    const isSet = (name: string) =>
      known?.conditions?.some(({ type, status: is }) => type === name && is === "True") === true;
    if (one.bindingFailureConditions?.some(isSet) === true) return false;
    ready &&= one.bindingConditions?.every(isSet) === true;
  }
  const since = allocation.allocationTimestamp;
  const seconds = since === undefined ? 0 : (now.getTime() - Date.parse(since)) / 1000;
  return ready || seconds <= 600;
}

function searched(pod: Pod, { node }: OracleNode, devices: Devices): Found | DeviceFailure {
  const claims = claimsOf(pod, devices);
  if (typeof claims === "string") return { refusal: claims };
  const extended = claimForResources(pod, node, devices);
  const open = claims
    .filter(({ status }) => status.allocation === undefined)
    .concat(extended === undefined ? [] : [extended]);
  try {
    return open.length === 0 ? { results: [] } : allocateOn(devices, node, open);
  } catch (error) {
    if (error instanceof DeviceFailure) return error;
    throw error;
  }
}

/** Who is on the node plays no part: each pod is answered once a node, however often it is asked. */
const answers = new WeakMap<Devices, Map<Pod, Map<string, Found | DeviceFailure>>>();

/** What the claims that have no devices get on the node. Throws DeviceFailure. */
export function devicesOn(pod: Pod, at: OracleNode, { devices = noDevices }: Cluster): Found {
  const byPod = answers.get(devices) ?? new Map<Pod, Map<string, Found | DeviceFailure>>();
  answers.set(devices, byPod);
  const byNode = byPod.get(pod) ?? new Map<string, Found | DeviceFailure>();
  byPod.set(pod, byNode);
  const { name } = at.node.metadata;
  const found = byNode.get(name) ?? searched(pod, at, devices);
  byNode.set(name, found);
  if (found instanceof DeviceFailure) throw found;
  return found;
}

export const dynamicResourcesFilter: Filter = (pod, at, cluster) => {
  const { devices = noDevices } = cluster;
  const claims = claimsOf(pod, devices);
  if (typeof claims === "string") return undefined;
  const asks = asksForDevices(pod, devices);
  if (claims.length === 0 && !asks) return undefined;
  if (asks && devices.claims.some((claim) => isLeftBehind(pod, claim)))
    return { reasons: ["cannot schedule extended resource claim"], unresolvable: true };
  const found = devicesOn(pod, at, cluster);
  if ("refusal" in found) return { reasons: [found.refusal], unresolvable: true };
  if (claims.every((claim) => isUsable(claim, at, devices.now))) return undefined;
  return { reasons: ["resourceclaim not available on the node"], unresolvable: true };
};

/** The first alternative is worth 8, the next 7, ... */
function worth({ spec }: ResourceClaim, allocation: AllocationResult | undefined): number {
  const got = (allocation?.devices?.results ?? []).map(({ request }) => request);
  return (spec.devices?.requests ?? [])
    .flatMap(({ name, firstAvailable = [] }) =>
      firstAvailable.map((one, index) => (got.includes(`${name}/${one.name}`) ? 8 - index : 0)),
    )
    .reduce((sum, one) => sum + one, 0);
}

export const dynamicResourcesScore: Score = (pod, feasible, cluster) => {
  const claims = claimsOf(pod, cluster.devices ?? noDevices);
  if (claims.length === 0 || typeof claims === "string") return undefined;
  // What has its devices already was not allocated anywhere just now.
  const asks = asksForDevices(pod, cluster.devices ?? noDevices);
  if (!asks && claims.every(({ status }) => status.allocation !== undefined))
    return feasible.map(() => 0);
  const raw = feasible.map((at) => {
    const found = devicesOn(pod, at, cluster);
    const results = "results" in found ? [...found.results] : [];
    return claims.reduce(
      (sum, claim) => sum + worth(claim, claim.status.allocation ?? results.shift()),
      0,
    );
  });
  const best = Math.max(...raw);
  return raw.map((one) => (best === 0 ? 0 : Math.trunc((100 * one) / best)));
};
