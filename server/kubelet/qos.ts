/** The pod's quality-of-service class, as upstream's ComputePodQOS: from cpu and memory of all containers. */
import { compareQuantity, parseQuantity, quantitySign } from "#apimachinery/quantity.ts";
import type { Pod, PodStatus, ResourceRequirements } from "#gen/api/core/v1.ts";

export type QosClass = NonNullable<PodStatus["qosClass"]>;

const counted = ["cpu", "memory"] as const;

function amount(list: Record<string, string> | undefined, resource: string): string | undefined {
  const text = list?.[resource];
  return text !== undefined && quantitySign(text) > 0 ? text : undefined;
}

function isGuaranteed(resources: ResourceRequirements | undefined): boolean {
  return counted.every((resource) => {
    const limit = amount(resources?.limits, resource);
    if (limit === undefined) return false;
    const request = amount(resources?.requests, resource) ?? limit;
    return compareQuantity(parseQuantity(request), parseQuantity(limit)) === 0;
  });
}

function asksNothing(resources: ResourceRequirements | undefined): boolean {
  return counted.every(
    (resource) =>
      amount(resources?.limits, resource) === undefined &&
      amount(resources?.requests, resource) === undefined,
  );
}

export function qosClass(pod: Pod): QosClass {
  const own = pod.spec.resources;
  const all =
    own !== undefined && !asksNothing(own)
      ? [own]
      : [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].map(
          ({ resources }) => resources,
        );
  if (all.every(asksNothing)) return "BestEffort";
  return all.every(isGuaranteed) ? "Guaranteed" : "Burstable";
}
