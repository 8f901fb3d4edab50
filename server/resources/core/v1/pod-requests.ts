/**
 * What a Pod asks of a node: main containers and sidecars run at the same time and add up; each init container
 * runs alone beside the sidecars before it, so that the greatest one counts. Pod-level resources replace the sum
 * of cpu, memory and huge pages; the overhead of the runtime comes on top. While a pod is resized, the greatest
 * of what it asks, was given and has counts.
 */
import {
  addResourceLists,
  maxResourceLists,
  type ResourceList,
} from "#apimachinery/resource-list.ts";
import type { Container, ContainerStatus, PodSpec, PodStatus } from "#gen/api/core/v1.ts";

export type PodLike = { readonly spec: PodSpec; readonly status?: PodStatus | undefined };

/** How lists of amounts are summed: exactly as quantities, or as numbers where speed counts. */
export interface Arithmetic<T> {
  /** Always a fresh one. */
  read(list: ResourceList | undefined): T;
  /** What one container counts as. */
  readContainer(list: ResourceList | undefined): T;
  /** May change and return `a`. */
  add(a: T, b: T): T;
  max(a: T, b: T): T;
  /** `b` replaces what `a` says of the same resources. */
  replace(a: T, b: T): T;
}

const quantities: Arithmetic<Record<string, string>> = {
  read: (list) => ({ ...list }),
  readContainer: (list) => ({ ...list }),
  add: addResourceLists,
  max: maxResourceLists,
  replace: (a, b) => ({ ...a, ...b }),
};

type ListOf = (
  container: Container,
  status: ContainerStatus | undefined,
) => ResourceList | undefined;

export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

/** What the containers ask for, without pod-level resources and overhead. */
export function containerRequests(pod: PodLike): Record<string, string> {
  return aggregate(pod, ({ resources }) => resources?.requests, quantities);
}

export function containerLimits(pod: PodLike): Record<string, string> {
  return aggregate(pod, ({ resources }) => resources?.limits, quantities);
}

function aggregate<T>({ spec, status }: PodLike, listOf: ListOf, sums: Arithmetic<T>): T {
  const statusOf = (name: string) =>
    status?.containerStatuses?.find((entry) => entry.name === name) ??
    status?.initContainerStatuses?.find((entry) => entry.name === name);
  const of = (container: Container) =>
    sums.readContainer(listOf(container, status && statusOf(container.name)));
  let total = sums.read(undefined);
  for (const container of spec.containers ?? []) total = sums.add(total, of(container));
  let sidecars = sums.read(undefined);
  let peak = sums.read(undefined);
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === "Always";
    const together = sums.add(of(container), sidecars);
    peak = sums.max(peak, together);
    if (!isSidecar) continue;
    sidecars = together;
    total = sums.add(total, of(container));
  }
  return sums.max(total, peak);
}

function podLevelPart(list: ResourceList | undefined): Record<string, string> | undefined {
  const entries = Object.entries(list ?? {}).filter(([name]) => isPodLevelResource(name));
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

export interface RequestOptions {
  /** Count pod-level resources; default true. */
  readonly podLevel?: boolean;
}

/** All that a Pod takes, in the arithmetic of the caller. */
export function sumRequests<T>(
  pod: PodLike,
  sums: Arithmetic<T>,
  { podLevel = true }: RequestOptions = {},
): T {
  const requests = resizedRequests(pod, sums);
  const part = podLevel ? podLevelRequests(pod, sums) : undefined;
  const replaced = part === undefined ? requests : sums.replace(requests, part);
  const { overhead } = pod.spec;
  return overhead === undefined ? replaced : sums.add(replaced, sums.read(overhead));
}

/** All that a Pod takes. */
export function podRequests(pod: PodLike): Record<string, string> {
  return sumRequests(pod, quantities);
}

/** A resource without a limit is absent. */
export function podLimits(pod: PodLike): Record<string, string> {
  const limits = containerLimits(pod);
  Object.assign(limits, podLevelPart(pod.spec.resources?.limits));
  for (const [name, overhead] of Object.entries(pod.spec.overhead ?? {})) {
    const limit = limits[name];
    if (limit !== undefined && limit !== "0")
      Object.assign(limits, addResourceLists({ [name]: limit }, { [name]: overhead }));
  }
  return limits;
}

/** A resize that cannot be asks for nothing. */
function isInfeasible({ status }: PodLike): boolean {
  const pending = status?.conditions?.find(({ type }) => type === "PodResizePending");
  return pending?.reason === "Infeasible";
}

function podLevelRequests<T>(pod: PodLike, sums: Arithmetic<T>): T | undefined {
  const asked = podLevelPart(pod.spec.resources?.requests);
  if (asked === undefined) return undefined;
  const { resources, allocatedResources } = pod.status ?? {};
  if (resources === undefined) return sums.read(asked);
  let most = sums.read(isInfeasible(pod) ? undefined : asked);
  for (const list of [resources.requests, allocatedResources])
    most = sums.max(most, sums.read(podLevelPart(list)));
  return most;
}

function resizedRequests<T>(pod: PodLike, sums: Arithmetic<T>): T {
  const asked: ListOf = ({ resources }) => resources?.requests;
  const { status } = pod;
  const statuses = status?.containerStatuses ?? status?.initContainerStatuses;
  if (statuses === undefined && status?.resources === undefined) return aggregate(pod, asked, sums);
  const infeasible = isInfeasible(pod);
  const known = sums.max(...given(pod, sums, infeasible));
  return infeasible ? known : sums.max(known, aggregate(pod, asked, sums));
}

/** What the node gave the pod, and what runs. */
function given<T>(pod: PodLike, sums: Arithmetic<T>, infeasible: boolean): [T, T] {
  const { resources, allocatedResources } = pod.status ?? {};
  // Once the node tells of the pod as a whole, that says it all.
  if (allocatedResources !== undefined && resources?.requests !== undefined)
    return [sums.read(resources.requests), sums.read(allocatedResources)];
  const allocated: ListOf = (container, status) =>
    status?.allocatedResources ?? (infeasible ? undefined : container.resources?.requests);
  const actuated: ListOf = (container, status) =>
    status?.resources?.requests ?? allocated(container, status);
  return [aggregate(pod, actuated, sums), aggregate(pod, allocated, sums)];
}
