/**
 * What a Pod asks of a node: main containers and sidecars run at the same time and add up; each init container
 * runs alone beside the sidecars before it, so that the greatest one counts. Pod-level resources replace the sum
 * of cpu, memory and huge pages; the overhead of the runtime comes on top.
 */
import {
  addResourceLists,
  maxResourceLists,
  type ResourceList,
} from "#apimachinery/resource-list.ts";
import type { Container, ContainerStatus, PodSpec, PodStatus } from "#gen/api/core/v1.ts";

type PodLike = { readonly spec: PodSpec; readonly status?: PodStatus | undefined };
type ListOf = (
  container: Container,
  status: ContainerStatus | undefined,
) => ResourceList | undefined;

export function isPodLevelResource(name: string): boolean {
  return name === "cpu" || name === "memory" || name.startsWith("hugepages-");
}

/** What the containers ask for, without pod-level resources and overhead. */
export function containerRequests(pod: PodLike): Record<string, string> {
  return aggregate(pod, ({ resources }) => resources?.requests);
}

export function containerLimits(pod: PodLike): Record<string, string> {
  return aggregate(pod, ({ resources }) => resources?.limits);
}

function aggregate({ spec, status }: PodLike, listOf: ListOf): Record<string, string> {
  const statuses = new Map(
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(
      (entry) => [entry.name, entry] as const,
    ),
  );
  const of = (container: Container): ResourceList =>
    listOf(container, statuses.get(container.name)) ?? {};
  let total: Record<string, string> = {};
  for (const container of spec.containers ?? []) total = addResourceLists(total, of(container));
  let sidecars: Record<string, string> = {};
  let peak: Record<string, string> = {};
  for (const container of spec.initContainers ?? []) {
    const isSidecar = container.restartPolicy === "Always";
    const together = addResourceLists(of(container), sidecars);
    peak = maxResourceLists(peak, together);
    if (!isSidecar) continue;
    sidecars = together;
    total = addResourceLists(total, of(container));
  }
  return maxResourceLists(total, peak);
}

function podLevelPart(list: ResourceList | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(list ?? {}).filter(([name]) => isPodLevelResource(name)),
  );
}

/** All that a Pod takes; while it is resized, the greatest of what it asks, was given and has. */
export function podRequests(pod: PodLike): Record<string, string> {
  const requests = resizedRequests(pod);
  Object.assign(requests, podLevelPart(pod.spec.resources?.requests));
  return pod.spec.overhead === undefined ? requests : addResourceLists(requests, pod.spec.overhead);
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

/** An infeasible resize asks for nothing. */
function resizedRequests(pod: PodLike): Record<string, string> {
  const pending = pod.status?.conditions?.find(({ type }) => type === "PodResizePending");
  const infeasible = pending?.reason === "Infeasible";
  const asked: ListOf = ({ resources }) => (infeasible ? undefined : resources?.requests);
  const allocated: ListOf = (container, status) =>
    status?.allocatedResources ?? asked(container, status);
  const actuated: ListOf = (container, status) =>
    status?.resources?.requests ?? allocated(container, status);
  const known = maxResourceLists(aggregate(pod, actuated), aggregate(pod, allocated));
  return infeasible ? known : maxResourceLists(containerRequests(pod), known);
}
