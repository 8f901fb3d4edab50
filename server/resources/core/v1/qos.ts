/** The quality-of-service class of a Pod, which follows from its containers' cpu and memory. */
import {
  addQuantity,
  compareQuantity,
  parseQuantity,
  type Quantity,
  quantitySign,
} from "#apimachinery/quantity.ts";
import type { Container, PodSpec, ResourceRequirements } from "#gen/api/core/v1.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const counted = ["cpu", "memory"] as const;

type Sums = Map<string, Quantity>;

function addCounted(into: Sums, list: Readonly<Record<string, string>> | undefined): void {
  for (const name of counted) {
    const text = list?.[name];
    if (text === undefined || quantitySign(text) <= 0) continue;
    const sum = into.get(name);
    const quantity = parseQuantity(text);
    into.set(name, sum === undefined ? quantity : addQuantity(sum, quantity));
  }
}

/** Both limits are there, and positive. */
function limitsAll({ limits }: ResourceRequirements): boolean {
  return counted.every(
    (name) => limits?.[name] !== undefined && quantitySign(limits[name] ?? "0") > 0,
  );
}

export function qosClass(spec: PodSpec): QosClass {
  const containers: readonly Container[] = [
    ...(spec.containers ?? []),
    ...(spec.initContainers ?? []),
  ];
  const podLevel = spec.resources;
  const wholePod =
    podLevel !== undefined && (podLevel.requests !== undefined || podLevel.limits !== undefined);
  const asked: readonly ResourceRequirements[] = wholePod
    ? [podLevel]
    : containers.map(({ resources }) => resources ?? {});
  const requests: Sums = new Map();
  const limits: Sums = new Map();
  for (const resources of asked) {
    addCounted(requests, resources.requests);
    addCounted(limits, resources.limits);
  }
  if (requests.size === 0 && limits.size === 0) return "BestEffort";
  if (!asked.every(limitsAll) || limits.size !== requests.size) return "Burstable";
  for (const [name, request] of requests) {
    const limit = limits.get(name);
    if (limit === undefined || compareQuantity(limit, request) !== 0) return "Burstable";
  }
  return "Guaranteed";
}
