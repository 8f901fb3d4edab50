/**
 * What a Pod asks of a node: main containers and sidecars run at the same time and add up; each init container
 * runs alone beside the sidecars before it, so that the greatest one counts.
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
