/** What no API server should let in: a pod that has it is told, and not placed by a guess. */
import { quantityValue } from "#apimachinery/quantity.ts";
import type { ResourceList } from "#apimachinery/resource-list.ts";
import type { PodSpec } from "#gen/api/core/v1.ts";

/** Affinity terms and spread constraints of one pod: each may cost a number on every node. */
const termsMax = 4096;

function quantityFault(quantity: string): string | undefined {
  try {
    return quantityValue(quantity) < 0 ? "is negative" : undefined;
  } catch {
    return "cannot be read";
  }
}

function requestsFault(owner: string, list: ResourceList | undefined): string | undefined {
  for (const [resource, quantity] of Object.entries(list ?? {})) {
    const fault = quantityFault(quantity);
    if (fault !== undefined) return `${owner} requests ${resource} "${quantity}", which ${fault}`;
  }
  return undefined;
}

function countTerms({ affinity, topologySpreadConstraints = [] }: PodSpec): number {
  let count = topologySpreadConstraints.length;
  for (const side of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    count += side?.requiredDuringSchedulingIgnoredDuringExecution?.length ?? 0;
    count += side?.preferredDuringSchedulingIgnoredDuringExecution?.length ?? 0;
  }
  return count;
}

/** The first fault in words, or undefined. */
export function faultOf(spec: PodSpec): string | undefined {
  for (const { name, resources } of [...(spec.initContainers ?? []), ...spec.containers]) {
    const fault = requestsFault(`container "${name}"`, resources?.requests);
    if (fault !== undefined) return fault;
  }
  const terms = countTerms(spec);
  if (terms > termsMax)
    return `pod has ${terms} affinity terms and spread constraints, more than ${termsMax}`;
  return requestsFault("pod", spec.resources?.requests) ?? requestsFault("pod", spec.overhead);
}
