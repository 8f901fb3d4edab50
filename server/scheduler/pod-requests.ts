/** What a pod asks of a node, in integers: milli-cpu, bytes, counts (upstream's PodRequests). */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { quantityMilli, quantityValue } from "#apimachinery/quantity.ts";
import type { ResourceList } from "#apimachinery/resource-list.ts";
import type { Container, ContainerStatus } from "#gen/api/core/v1.ts";
import {
  type Arithmetic,
  isPodLevelResource,
  type PodLike,
  sumRequests,
} from "#resources/core/v1/pod-requests.ts";

/** Resource name -> amount. */
export type Amounts = ReadonlyMap<string, number>;

/** Amounts are summed in doubles: beyond this they would not stay integers. */
const amountMax = 2 ** 50;
/** What a container that names none counts as in scores (upstream's defaults). */
const scoringDefaults: Amounts = new Map([
  ["cpu", 100],
  ["memory", 200 * 1024 * 1024],
]);

const parsed = new Map<string, number>();
const parsedMax = 10_000;

/** A quantity in the scheduler's unit; negative or unreadable ones count as 0, absurd ones as the most. */
export function amountOf(resource: string, quantity: string): number {
  const key = resource === "cpu" ? `${quantity} cpu` : quantity;
  const known = parsed.get(key);
  if (known !== undefined) return known;
  const amount = Math.min(Math.max(readAmount(resource, quantity), 0), amountMax);
  if (parsed.size >= parsedMax) parsed.clear();
  parsed.set(key, amount);
  return amount;
}

function readAmount(resource: string, quantity: string): number {
  try {
    return Number(resource === "cpu" ? quantityMilli(quantity) : quantityValue(quantity));
  } catch {
    return 0;
  }
}

export function amountsOf(list: ResourceList | undefined): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const resource in list) amounts.set(resource, amountOf(resource, list[resource] ?? "0"));
  return amounts;
}

/** `missing`: what a container that names none counts as. */
function numbers(missing: Amounts): Arithmetic<Map<string, number>> {
  return {
    read: amountsOf,
    readContainer(list) {
      const amounts = amountsOf(list);
      for (const [resource, amount] of missing)
        if (!amounts.has(resource)) amounts.set(resource, amount);
      return amounts;
    },
    add(into, amounts) {
      for (const [resource, amount] of amounts)
        into.set(resource, (into.get(resource) ?? 0) + amount);
      return into;
    },
    max(into, amounts) {
      for (const [resource, amount] of amounts)
        into.set(resource, Math.max(into.get(resource) ?? 0, amount));
      return into;
    },
    replace(into, amounts) {
      for (const [resource, amount] of amounts) into.set(resource, amount);
      return into;
    },
  };
}

const asAsked = numbers(new Map());
const withDefaults = numbers(scoringDefaults);

/** What filters and the balance see. */
export function podRequests(pod: PodLike): Amounts {
  return sumRequests(pod, asAsked);
}

/**
 * What NodeResourcesFit's score sees of a pod that comes: containers without a request count with defaults,
 * and pod-level resources are passed over, as upstream does.
 */
export function incomingScoringRequests({ spec }: PodLike): Amounts {
  return sumRequests({ spec }, withDefaults, { podLevel: false });
}

export function hasPodLevelRequests({ spec }: PodLike): boolean {
  return Object.keys(spec.resources?.requests ?? {}).some(isPodLevelResource);
}

/** What it sees of a pod that is there: with pod-level resources defaults stand in only where nothing is said. */
export function placedScoringRequests(pod: PodLike): Amounts {
  if (!hasPodLevelRequests(pod)) return sumRequests(pod, withDefaults);
  const known = podRequests(pod);
  const missing = [...scoringDefaults].filter(([resource]) => !known.has(resource));
  return sumRequests(pod, numbers(new Map(missing)));
}

/** Nothing that its node says of the pod's resources is other than what the pod asks for. */
function isAsAsked({ spec, status }: PodLike): boolean {
  if (status === undefined) return true;
  if (status.resources !== undefined || status.allocatedResources !== undefined) return false;
  const { containerStatuses, initContainerStatuses } = status;
  const asAsked = ({ name, allocatedResources, resources }: ContainerStatus) => {
    const told = resources?.requests;
    if (allocatedResources === undefined && told === undefined) return true;
    const asks = (one: Container) => one.name === name;
    const asked = (spec.containers.find(asks) ?? spec.initContainers?.find(asks))?.resources
      ?.requests;
    return (
      (allocatedResources === undefined || deepEqual(allocatedResources, asked)) &&
      (told === undefined || deepEqual(told, asked))
    );
  };
  return (
    (containerStatuses?.every(asAsked) ?? true) && (initContainerStatuses?.every(asAsked) ?? true)
  );
}

/** What a pod counts as while its node gives it something else than it asks for (a resize); else undefined. */
export function resizedAmounts(pod: PodLike): unknown {
  if (isAsAsked(pod)) return undefined;
  const [now, asked] = [podRequests(pod), podRequests({ spec: pod.spec })];
  if (now.size === asked.size && [...now].every(([name, amount]) => asked.get(name) === amount))
    return undefined;
  return [[...now], [...placedScoringRequests(pod)]];
}
