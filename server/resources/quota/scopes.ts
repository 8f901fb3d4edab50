/** Whether an object lies within a quota's scopes: in all of them. */
import type {
  PersistentVolumeClaim,
  Pod,
  PodAffinityTerm,
  ResourceQuota,
  ScopedResourceSelectorRequirement,
} from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { qosClass } from "#resources/core/v1/qos.ts";

export function inScopes(quota: ResourceQuota, object: KubeObject): boolean {
  return requirements(quota).every((requirement) => matchesScope(requirement, object));
}

function requirements({ spec }: ResourceQuota): readonly ScopedResourceSelectorRequirement[] {
  const named = (spec?.scopes ?? []).map(
    (scopeName) => ({ scopeName, operator: "Exists" }) as const,
  );
  return [...named, ...(spec?.scopeSelector?.matchExpressions ?? [])];
}

function matchesScope(requirement: ScopedResourceSelectorRequirement, object: KubeObject): boolean {
  // The kind says which type it is.
  if (object.kind === "Pod") return podMatches(requirement, object as Pod);
  if (object.kind === "PersistentVolumeClaim")
    return claimMatches(requirement, object as PersistentVolumeClaim);
  return false;
}

export function isTerminating({ spec }: Pod): boolean {
  return (spec.activeDeadlineSeconds ?? -1) >= 0;
}

function podMatches(requirement: ScopedResourceSelectorRequirement, pod: Pod): boolean {
  switch (requirement.scopeName) {
    case "Terminating":
      return isTerminating(pod);
    case "NotTerminating":
      return !isTerminating(pod);
    case "BestEffort":
      return qosClass(pod.spec) === "BestEffort";
    case "NotBestEffort":
      return qosClass(pod.spec) !== "BestEffort";
    case "PriorityClass":
      return namesMatch(requirement, pod.spec.priorityClassName ?? "");
    case "CrossNamespacePodAffinity":
      return crossesNamespaces(pod);
    default:
      return false;
  }
}

function namesMatch(
  { operator, values = [] }: ScopedResourceSelectorRequirement,
  name: string,
): boolean {
  switch (operator) {
    case "Exists":
      return name !== "";
    case "DoesNotExist":
      return name === "";
    case "In":
      return name !== "" && values.includes(name);
    case "NotIn":
      return name === "" || !values.includes(name);
    default:
      return false;
  }
}

function crossesNamespaces({ spec }: Pod): boolean {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  const terms: PodAffinityTerm[] = [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
  return terms.some(
    ({ namespaces, namespaceSelector }) =>
      (namespaces ?? []).length > 0 || namespaceSelector !== undefined,
  );
}

/** A claim is in the scope of every class that it asks for, is getting or has. */
function claimMatches(
  requirement: ScopedResourceSelectorRequirement,
  { spec, status }: PersistentVolumeClaim,
): boolean {
  if (requirement.scopeName !== "VolumeAttributesClass") return false;
  const names = [
    spec.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ].filter((name) => name !== undefined && name !== "");
  if (names.length === 0) return namesMatch(requirement, "");
  return names.some((name) => namesMatch(requirement, name ?? ""));
}
