/**
 * In-place resize: what a pod asks for is what its node has given it only once the node has agreed. Pure.
 *
 *   spec changes ──fits──> allocated ──runtime updated──> applied
 *        └──does not fit──> PodResizePending (Deferred: later perhaps; Infeasible: never here)
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { compareQuantity, parseQuantity } from "#apimachinery/quantity.ts";
import type { Container, ContainerStatus, Pod, ResourceRequirements } from "#gen/api/core/v1.ts";
import { type Shortage, shortage } from "./node-admission.ts";

/** By container: what the node has agreed to. */
export type Allocation = ReadonlyMap<string, ResourceRequirements>;

export interface PendingResize {
  readonly reason: "Deferred" | "Infeasible";
  readonly message: string;
}

export type ResizeVerdict = "settled" | "granted" | PendingResize;

const resizable = ["cpu", "memory"] as const;
const parts = ["requests", "limits"] as const;

function sameAmount(a: string | undefined, b: string | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return compareQuantity(parseQuantity(a), parseQuantity(b)) === 0;
}

/** The resources of which `wanted` is another amount than `has`. */
export function resizedResources(
  has: ResourceRequirements | undefined,
  wanted: ResourceRequirements | undefined,
): readonly ("cpu" | "memory")[] {
  return resizable.filter((name) =>
    parts.some((part) => !sameAmount(has?.[part]?.[name], wanted?.[part]?.[name])),
  );
}

/** Containers that a resize may concern; ephemeral ones have no resources. */
function resizableContainers({ spec }: Pod): readonly Container[] {
  return [...spec.containers, ...(spec.initContainers ?? [])];
}

function allocatedBefore(
  resources: ResourceRequirements,
  status: ContainerStatus | undefined,
): ResourceRequirements {
  const { allocatedResources: requests, resources: applied } = status ?? {};
  if (requests === undefined && applied === undefined) return resources;
  const limits = applied?.limits ?? resources.limits;
  return {
    ...resources,
    ...(requests === undefined ? {} : { requests: { ...resources.requests, ...requests } }),
    ...(limits === undefined ? {} : { limits: { ...resources.limits, ...limits } }),
  };
}

/** What an agent before this one had agreed to, as the status tells; everything for a new pod. */
export function allocationOf(pod: Pod): Map<string, ResourceRequirements> {
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status;
  const statuses = [...containerStatuses, ...initContainerStatuses];
  return new Map(
    resizableContainers(pod).map(({ name, resources = {} }) => [
      name,
      allocatedBefore(
        resources,
        statuses.find((status) => status.name === name),
      ),
    ]),
  );
}

/** The pod as the node has agreed to it. */
export function allocatedPod(pod: Pod, allocation: Allocation): Pod {
  const allocated = (container: Container): Container => {
    const resources = allocation.get(container.name);
    return resources === undefined ? container : { ...container, resources };
  };
  const { containers, initContainers } = pod.spec;
  const spec = {
    ...pod.spec,
    containers: containers.map(allocated),
    ...(initContainers === undefined ? {} : { initContainers: initContainers.map(allocated) }),
  };
  return { ...pod, spec };
}

function sentence({ resource, requested, used, capacity }: Shortage): string {
  return `Node didn't have enough resource: ${resource}, requested: ${requested}, used: ${used}, capacity: ${capacity}`;
}

/** `others`: what the node's other pods were given. */
export function judgeResize(
  pod: Pod,
  allocation: Allocation,
  others: () => readonly Pod[],
  allocatable: Readonly<Record<string, string>>,
): ResizeVerdict {
  const isSettled = resizableContainers(pod).every(
    ({ name, resources }) => resizedResources(allocation.get(name), resources).length === 0,
  );
  if (isSettled) return "settled";
  // Not the amounts of a resize under way: the pod as it will be.
  const wanted = { ...pod, status: {} };
  const alone = shortage(wanted, [], allocatable);
  if (alone !== undefined) return { reason: "Infeasible", message: sentence(alone) };
  const beside = shortage(wanted, others(), allocatable);
  return beside === undefined ? "granted" : { reason: "Deferred", message: sentence(beside) };
}

/** Whether a container has to be restarted for these resources to change. */
export function restartsForResize(
  { resizePolicy = [] }: Container,
  resources: readonly string[],
): boolean {
  return resizePolicy.some(
    ({ resourceName, restartPolicy }) =>
      restartPolicy === "RestartContainer" && resources.includes(resourceName),
  );
}

/** Upstream's events tell the whole picture: `Pod resize started: {"containers":[…],"generation":2}`. */
export function resizeMessage(subject: string, { metadata, spec }: Pod, error?: string): string {
  const told = (list: readonly Container[] | undefined) =>
    list?.map(({ name, resources = {} }) => ({ name, resources }));
  const summary = {
    initContainers: told(spec.initContainers),
    containers: told(spec.containers),
    generation: metadata.generation ?? 0,
    error,
  };
  return `${subject}: ${JSON.stringify(summary)}`;
}

export function samePending(a: PendingResize | undefined, b: PendingResize | undefined): boolean {
  return deepEqual(a, b);
}
