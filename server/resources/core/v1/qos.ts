/** The quality-of-service class of a Pod, which follows from its containers' cpu and memory. */
import { compareQuantity, parseQuantity, type Quantity } from "#apimachinery/quantity.ts";
import type { Container, PodSpec, ResourceRequirements } from "#gen/api/core/v1.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const counted = ["cpu", "memory"] as const;

const amount = (list: Readonly<Record<string, string>> | undefined, name: string): Quantity =>
  parseQuantity(list?.[name] ?? "0");

/** Burstable as soon as one differs from another: upstream compares, it does not ask what is more than nothing. */
function common(classes: readonly QosClass[]): QosClass {
  const [first = "BestEffort"] = classes;
  return classes.every((one) => one === first) ? first : "Burstable";
}

function classOf({ requests, limits }: ResourceRequirements): QosClass {
  return common(
    counted.map((name) => {
      const request = amount(requests, name);
      if (compareQuantity(request, amount(limits, name)) !== 0) return "Burstable";
      return request.unscaled === 0n ? "BestEffort" : "Guaranteed";
    }),
  );
}

export function qosClass(spec: PodSpec): QosClass {
  const { resources, initContainers = [], containers = [] } = spec;
  if (resources?.requests !== undefined || resources?.limits !== undefined)
    return classOf(resources);
  const all: readonly Container[] = [...initContainers, ...containers];
  return common(all.map((container) => classOf(container.resources ?? {})));
}
