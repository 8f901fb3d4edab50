/** What an object takes of a quota, by the names that quotas bound. */
import type { ResourceList } from "#apimachinery/resource-list.ts";
import type { PersistentVolumeClaim, Pod, Service } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceClaim } from "#gen/api/resource/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { classNameOf } from "#resources/core/v1/claim-binding.ts";
import { podLimits, podRequests } from "#resources/core/v1/pod-requests.ts";
import { isExtendedResource, isHugePages, namedCounts } from "#resources/core/v1/resource-names.ts";
import { isAbove } from "./amounts.ts";

type Kind = Pick<ResourceRef, "group" | "plural">;

const computed = ["cpu", "memory", "ephemeral-storage"];
const classSuffix = ".storageclass.storage.k8s.io/";
const devicesSuffix = ".deviceclass.resource.k8s.io/devices";
/** What a request of all devices that there are counts as: upstream's AllocationResultsMaxSize. */
const devicesMax = 32;
/** Before the name of a class of devices: the resource that it stands for. */
const deviceClassPrefix = "deviceclass.resource.kubernetes.io/";

/** Requests of it count, by "requests." and its name. */
const isCountedResource = (name: string): boolean =>
  isExtendedResource(name) || name.startsWith(deviceClassPrefix);

const isDeviceClaim = ({ group, plural }: Kind): boolean =>
  group === "resource.k8s.io" && plural === "resourceclaims";

/** `count/deployments.apps` */
function countName({ group, plural }: Kind): string {
  return group === "" ? `count/${plural}` : `count/${plural}.${group}`;
}

/** Whether a quota's name is about objects of this kind. */
export function concerns(kind: Kind, name: string): boolean {
  if (name === countName(kind)) return true;
  if (isDeviceClaim(kind)) return name.endsWith(devicesSuffix);
  if (kind.group !== "") return false;
  switch (kind.plural) {
    case "pods":
      return isPodResource(name);
    case "services":
      return name === "services" || name.startsWith("services.");
    case "persistentvolumeclaims":
      return (
        name === "persistentvolumeclaims" ||
        name === "requests.storage" ||
        name.includes(classSuffix)
      );
    default:
      return namedCounts.includes(kind.plural) && name === kind.plural;
  }
}

function isPodResource(name: string): boolean {
  const bare = name.replace(/^(requests|limits)\./, "");
  if (name === "pods" || computed.includes(bare)) return true;
  if (isHugePages(bare)) return !name.startsWith("limits.");
  return name.startsWith("requests.") && isCountedResource(bare);
}

export function usageOf(kind: Kind, object: KubeObject, now: Date): ResourceList {
  const counted = { [countName(kind)]: "1" };
  if (isDeviceClaim(kind)) return { ...counted, ...deviceUsage(object as ResourceClaim) };
  if (kind.group !== "") return counted;
  // The kind says which type it is.
  switch (kind.plural) {
    case "pods":
      return { ...counted, ...podUsage(object as Pod, now) };
    case "services":
      return { ...counted, ...serviceUsage(object as Service) };
    case "persistentvolumeclaims":
      return { ...counted, ...claimUsage(object as PersistentVolumeClaim) };
    default:
      return namedCounts.includes(kind.plural) ? { ...counted, [kind.plural]: "1" } : counted;
  }
}

/** Devices by class; of alternatives the most of each class that may be had. */
function deviceUsage({ spec }: ResourceClaim): ResourceList {
  const usage = new Map<string, number>();
  for (const { exactly, firstAvailable = [] } of spec?.devices?.requests ?? []) {
    const most = new Map<string, number>();
    for (const one of exactly === undefined ? firstAvailable : [exactly]) {
      const count = one.allocationMode === "All" ? devicesMax : (one.count ?? 1);
      const name = `${one.deviceClassName}${devicesSuffix}`;
      most.set(name, Math.max(count, most.get(name) ?? 0));
    }
    for (const [name, count] of most) usage.set(name, (usage.get(name) ?? 0) + Number(count));
  }
  return Object.fromEntries([...usage].map(([name, count]) => [name, String(count)]));
}

/** A Pod that ended, or should have, only counts as an object. */
function holdsResources({ metadata, status }: Pod, now: Date): boolean {
  if (status?.phase === "Failed" || status?.phase === "Succeeded") return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return now.getTime() <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1000;
}

function podUsage(pod: Pod, now: Date): ResourceList {
  if (!holdsResources(pod, now)) return {};
  return { pods: "1", ...computeUsage(podRequests(pod), podLimits(pod)) };
}

function computeUsage(requests: ResourceList, limits: ResourceList): Record<string, string> {
  const usage: Record<string, string> = {};
  for (const [name, amount] of Object.entries(requests)) {
    const isCompute = computed.includes(name) || isHugePages(name);
    if (isCompute) usage[name] = amount;
    if (isCompute || isCountedResource(name)) usage[`requests.${name}`] = amount;
  }
  for (const name of computed) {
    const limit = limits[name];
    if (limit !== undefined) usage[`limits.${name}`] = limit;
  }
  return usage;
}

const enforced = new Set([
  "cpu",
  "memory",
  "requests.cpu",
  "requests.memory",
  "limits.cpu",
  "limits.memory",
]);

/** What a quota bounds, every container must say; undefined: they do. `limits.cpu for: a,b; requests.cpu for: a` */
export function unsaid({ spec }: Pod, names: readonly string[]): string | undefined {
  const { requests, limits } = spec.resources ?? {};
  if (requests !== undefined || limits !== undefined) return undefined;
  const missing = new Map<string, string[]>();
  for (const { name, resources } of [...(spec.containers ?? []), ...(spec.initContainers ?? [])]) {
    const said = computeUsage(resources?.requests ?? {}, resources?.limits ?? {});
    for (const wanted of names)
      if (enforced.has(wanted) && said[wanted] === undefined)
        missing.set(wanted, [...(missing.get(wanted) ?? []), name]);
  }
  if (missing.size === 0) return undefined;
  const parts = [...missing].map(
    ([name, containers]) => `${name} for: ${containers.sort().join(",")}`,
  );
  return parts.sort().join("; ");
}

function serviceUsage({ spec }: Service): ResourceList {
  const ports = spec.ports ?? [];
  const given = ports.filter(({ nodePort }) => (nodePort ?? 0) !== 0);
  const balances = spec.type === "LoadBalancer";
  const allocates = balances && spec.allocateLoadBalancerNodePorts !== false;
  const nodePorts =
    spec.type === "NodePort" || allocates ? ports.length : balances ? given.length : 0;
  return {
    services: "1",
    "services.loadbalancers": balances ? "1" : "0",
    "services.nodeports": `${nodePorts}`,
  };
}

function claimUsage(claim: PersistentVolumeClaim): ResourceList {
  const { spec, status } = claim;
  const usage: Record<string, string> = { persistentvolumeclaims: "1" };
  const className = classNameOf(claim);
  const asked = spec.resources?.requests?.["storage"];
  const given = status?.allocatedResources?.["storage"];
  const storage =
    asked !== undefined && given !== undefined && isAbove(given, asked) ? given : asked;
  if (className !== "") usage[`${className}${classSuffix}persistentvolumeclaims`] = "1";
  if (storage === undefined) return usage;
  usage["requests.storage"] = storage;
  if (className !== "") usage[`${className}${classSuffix}requests.storage`] = storage;
  return usage;
}
