/** What a pod asks of a node: max(containers + sidecars, the init peak) + overhead, in integers. */

import { quantityMilli, quantityValue } from "#apimachinery/quantity.ts";
import type { Container, Pod } from "#gen/api/core/v1.ts";

export type Amounts = Record<string, number>;

export function amount(resource: string, quantity: string): number {
  return Number(resource === "cpu" ? quantityMilli(quantity) : quantityValue(quantity));
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

/** `missing` is what a container that names no cpu or memory counts as (scoring only). */
export function podRequests(pod: Pod, missing: Amounts = {}): Amounts {
  const of = (container: Container) => ({ ...missing, ...amounts(container.resources?.requests) });
  let running = pod.spec.containers.map(of).reduce(add, {});
  let sidecars: Amounts = {};
  let peak: Amounts = {};
  for (const container of pod.spec.initContainers ?? []) {
    if (container.restartPolicy === "Always") {
      running = add(running, of(container));
      sidecars = add(sidecars, of(container));
      peak = max(peak, sidecars);
    } else {
      peak = max(peak, add(of(container), sidecars));
    }
  }
  const podLevel = amounts(pod.spec.resources?.requests);
  return add({ ...max(running, peak), ...podLevel }, amounts(pod.spec.overhead));
}

/** Upstream's defaults for scoring: 100m cpu, 200Mi memory a container. */
export const scoringDefaults: Amounts = { cpu: 100, memory: 200 * 1024 * 1024 };
