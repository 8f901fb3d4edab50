/** What a pod asks of a node, in integers: milli-cpu, bytes, counts (upstream's PodRequests). */
import { quantityMilli, quantityValue } from "#apimachinery/quantity.ts";
import type { Container, PodSpec } from "#gen/api/core/v1.ts";

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

export function amountsOf(list: Readonly<Record<string, string>> | undefined): Map<string, number> {
  const amounts = new Map<string, number>();
  for (const resource in list) amounts.set(resource, amountOf(resource, list[resource] ?? "0"));
  return amounts;
}

function add(into: Map<string, number>, amounts: Amounts): void {
  for (const [resource, amount] of amounts) {
    into.set(resource, (into.get(resource) ?? 0) + amount);
  }
}

function raise(into: Map<string, number>, amounts: Amounts): void {
  for (const [resource, amount] of amounts) {
    into.set(resource, Math.max(into.get(resource) ?? 0, amount));
  }
}

function ofContainer(container: Container, missing: Amounts): Map<string, number> {
  const amounts = amountsOf(container.resources?.requests);
  for (const [resource, amount] of missing) {
    if (!amounts.has(resource)) amounts.set(resource, amount);
  }
  return amounts;
}

function sum(spec: PodSpec, missing: Amounts): Map<string, number> {
  const running = new Map<string, number>();
  for (const container of spec.containers) add(running, ofContainer(container, missing));
  const sidecars = new Map<string, number>();
  const peak = new Map<string, number>();
  for (const container of spec.initContainers ?? []) {
    const amounts = ofContainer(container, missing);
    if (container.restartPolicy === "Always") {
      add(running, amounts);
      add(sidecars, amounts);
      raise(peak, sidecars);
    } else {
      add(amounts, sidecars);
      raise(peak, amounts);
    }
  }
  raise(running, peak);
  for (const [resource, amount] of amountsOf(spec.resources?.requests))
    running.set(resource, amount);
  add(running, amountsOf(spec.overhead));
  return running;
}

/** What filters and the balance see. */
export function podRequests(spec: PodSpec): Amounts {
  return sum(spec, new Map());
}

/** What NodeResourcesFit's score sees: containers without a request count with defaults. */
export function podScoringRequests(spec: PodSpec): Amounts {
  return sum(spec, scoringDefaults);
}
