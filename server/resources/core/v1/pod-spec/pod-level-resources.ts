/** Defaults of pod-level resources, which follow from the containers: set once, when the Pod is complete. */
import { compareQuantity, parseQuantity } from "#apimachinery/quantity.ts";
import type { PodSpec } from "#gen/api/core/v1.ts";
import {
  containerLimits,
  containerRequests,
  isPodLevelResource,
} from "#resources/core/v1/pod-requests.ts";

type List = Record<string, string>;

export function defaultPodLevelResources(spec: PodSpec): void {
  const { resources } = spec;
  if (resources === undefined) return;
  const asked = { ...resources.requests, ...resources.limits };
  if (Object.keys(asked).length === 0) return;
  const limits: List = { ...resources.limits };
  const requests: List = { ...resources.requests };
  for (const [name, amount] of Object.entries(containerLimits({ spec })))
    if (name.startsWith("hugepages-") && requests[name] === undefined) limits[name] ??= amount;
  // Huge pages cannot be overcommitted: only cpu and memory add up from the containers.
  for (const [name, amount] of Object.entries(containerRequests({ spec })))
    if (name === "cpu" || name === "memory") requests[name] ??= amount;
  for (const [name, amount] of Object.entries(limits))
    if (isPodLevelResource(name)) requests[name] ??= amount;
  defaultLimits(spec, { requests, limits });
  if (Object.keys(requests).length > 0) resources.requests = requests;
  if (Object.keys(limits).length > 0) resources.limits = limits;
}

/** A limit follows where every container has one; it never stands below the request. */
function defaultLimits(
  spec: PodSpec,
  { requests, limits }: { requests: List; limits: List },
): void {
  const containers = [...(spec.containers ?? []), ...(spec.initContainers ?? [])];
  const sums = containerLimits({ spec });
  for (const [name, request] of Object.entries(requests)) {
    if (!isPodLevelResource(name) || limits[name] !== undefined) continue;
    const sum = sums[name];
    const bounded = containers.every(({ resources }) => resources?.limits?.[name] !== undefined);
    if (sum === undefined || !bounded) continue;
    const above = compareQuantity(parseQuantity(request), parseQuantity(sum)) > 0;
    limits[name] = above ? request : sum;
  }
}
