/** What a pod asks of a node: max(containers + sidecars, the init peak) + overhead, in integers. */

import { quantityMilli, quantityValue } from "#apimachinery/quantity.ts";
import type { Container, ContainerStatus, Pod } from "#gen/api/core/v1.ts";

export type Amounts = Record<string, number>;

/** Upstream's defaults for scoring: 100m cpu, 200Mi memory a container. */
const scoringDefaults: Amounts = { cpu: 100, memory: 200 * 1024 * 1024 };

const read = new Map<string, number>();

export function amount(resource: string, quantity: string): number {
  const key = `${resource === "cpu"} ${quantity}`;
  const known = read.get(key);
  if (known !== undefined) return known;
  const value = Number(resource === "cpu" ? quantityMilli(quantity) : quantityValue(quantity));
  read.set(key, value);
  return value;
}

export function amounts(list: Readonly<Record<string, string>> | undefined): Amounts {
  return Object.fromEntries(Object.entries(list ?? {}).map(([r, q]) => [r, amount(r, q)]));
}

function add(a: Amounts, b: Amounts): Amounts {
  const sum = { ...a };
  for (const [resource, value] of Object.entries(b)) sum[resource] = (sum[resource] ?? 0) + value;
  return sum;
}

function max(a: Amounts, b: Amounts): Amounts {
  const most = { ...a };
  for (const [resource, value] of Object.entries(b)) {
    most[resource] = Math.max(most[resource] ?? 0, value);
  }
  return most;
}

/** A pod object never changes, so it asks the same whenever it is looked at. */
function remembered(ask: (pod: Pod) => Amounts): (pod: Pod) => Amounts {
  const known = new WeakMap<Pod, Amounts>();
  return (pod) => {
    const amounts = known.get(pod) ?? ask(pod);
    known.set(pod, amounts);
    return amounts;
  };
}

/**
 * What NodeResourcesFit's score takes an incoming pod for: upstream leaves pod-level resources out of it (not out
 * of what a placed pod counts as).
 */
export function incomingRequests(pod: Pod): Amounts {
  return sum({ ...pod, spec: { ...pod.spec, resources: undefined } }, scoringDefaults);
}

/** What it takes a placed pod for: defaults stand in where neither the pod nor its containers say anything. */
export const placedRequests = remembered((pod) => {
  const own = Object.keys(pod.spec.resources?.requests ?? {}).length > 0;
  return sum(pod, own ? without(scoringDefaults, sum(pod, {})) : scoringDefaults);
});

function without(defaults: Amounts, known: Amounts): Amounts {
  return Object.fromEntries(Object.entries(defaults).filter(([name]) => known[name] === undefined));
}

/** What filters and the balance see. */
export const podRequests = remembered((pod) => sum(pod, {}));

type ListOf = (
  container: Container,
  status: ContainerStatus | undefined,
) => Readonly<Record<string, string>> | undefined;

/** What the containers ask for, what they were promised, and what they have. */
const asked: ListOf = ({ resources }) => resources?.requests;
const promised: ListOf = (container, status) =>
  status?.allocatedResources ?? asked(container, status);
const had: ListOf = (container, status) =>
  status?.resources?.requests ?? promised(container, status);

/** max(containers + sidecars, the init peak). */
function ofContainers({ spec, status = {} }: Pod, missing: Amounts, listOf: ListOf): Amounts {
  const statuses = [...(status.containerStatuses ?? []), ...(status.initContainerStatuses ?? [])];
  const of = (container: Container) => {
    const own = statuses.find(({ name }) => name === container.name);
    return { ...missing, ...amounts(listOf(container, own)) };
  };
  let running = spec.containers.map(of).reduce(add, {});
  let sidecars: Amounts = {};
  let peak: Amounts = {};
  for (const container of spec.initContainers ?? []) {
    if (container.restartPolicy === "Always") {
      running = add(running, of(container));
      sidecars = add(sidecars, of(container));
      peak = max(peak, sidecars);
    } else {
      peak = max(peak, add(of(container), sidecars));
    }
  }
  return max(running, peak);
}

/**
 * `missing` is what a container that names no cpu or memory counts as (scoring only). In the middle of a resize the
 * pod counts as the most of what it asks for, was promised and has.
 */
function sum(pod: Pod, missing: Amounts): Amounts {
  const most = [asked, promised, had]
    .map((listOf) => ofContainers(pod, missing, listOf))
    .reduce(max);
  const podLevel = amounts(pod.spec.resources?.requests);
  return add({ ...most, ...podLevel }, amounts(pod.spec.overhead));
}
