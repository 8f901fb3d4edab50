/** Names of resources: which ones Kubernetes knows, and how their amounts behave. */
import { isQualifiedName } from "#apimachinery/validate.ts";

const hugePagesPrefix = "hugepages-";

const containerResources = new Set(["cpu", "memory", "ephemeral-storage"]);

/** Resources of the core group that a quota may name without `count/`. */
export const namedCounts: readonly string[] = [
  "pods",
  "services",
  "replicationcontrollers",
  "resourcequotas",
  "secrets",
  "configmaps",
  "persistentvolumeclaims",
];
const objectCounts = [...namedCounts, "services.nodeports", "services.loadbalancers"];
const computeResources = [
  "cpu",
  "memory",
  "ephemeral-storage",
  "requests.cpu",
  "requests.memory",
  "requests.ephemeral-storage",
  "limits.cpu",
  "limits.memory",
  "limits.ephemeral-storage",
];
const quotaResources = new Set([...computeResources, "requests.storage", ...objectCounts]);
const standardResources = new Set([...quotaResources, "storage"]);
const integerResources = new Set(objectCounts);

export const isHugePages = (name: string): boolean => name.startsWith(hugePagesPrefix);
const isQuotaHugePages = (name: string): boolean =>
  isHugePages(name) || name.startsWith(`requests.${hugePagesPrefix}`);

export const isStandardResource = (name: string): boolean =>
  standardResources.has(name) || isQuotaHugePages(name);
export const isStandardContainerResource = (name: string): boolean =>
  containerResources.has(name) || isHugePages(name);

/** Of Kubernetes itself: no domain, or its own. */
export const isNativeResource = (name: string): boolean =>
  !name.includes("/") || name.includes("kubernetes.io/");

/** Of a device plugin: a foreign domain, and a quota for it can be named. */
export function isExtendedResource(name: string): boolean {
  if (isNativeResource(name) || name.startsWith("requests.")) return false;
  return isQualifiedName(`requests.${name}`).length === 0;
}

export const isIntegerResource = (name: string): boolean =>
  integerResources.has(name) || isExtendedResource(name);

/** Requests may stay below limits: what many share can be promised twice. */
export const isOvercommitAllowed = (name: string): boolean =>
  isNativeResource(name) && !isHugePages(name);

export const isStandardQuotaResource = (name: string): boolean =>
  quotaResources.has(name) || isQuotaHugePages(name);
