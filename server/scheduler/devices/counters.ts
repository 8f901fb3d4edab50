/** Counters that partitions of one device share: what is left of them, and what the devices being chosen take. */
import { compareQuantity, parseQuantity, type Quantity } from "#apimachinery/quantity.ts";
import type { Device } from "#gen/api/resource/v1.ts";
import { deviceKey } from "./device-key.ts";
import { addTo, type Capacities, type DeviceLedger } from "./ledger.ts";
import type { Pool } from "./pools.ts";

const nameOf = (set: string, counter: string) => `${set}/${counter}`;

function* countersOf(device: Device): Generator<[string, Quantity]> {
  for (const { counterSet, counters } of device.consumesCounters ?? [])
    for (const [name, { value }] of Object.entries(counters))
      yield [nameOf(counterSet, name), parseQuantity(String(value))];
}

/** Of the pool, without what allocated devices of it take; may fall below zero. */
export function countersLeft(pool: Pool, ledger: DeviceLedger): Capacities {
  const left: Capacities = new Map();
  for (const [set, { counters }] of pool.counterSets)
    for (const [name, { value }] of Object.entries(counters))
      left.set(nameOf(set, name), parseQuantity(String(value)));
  for (const { spec } of [...pool.slices, ...pool.elsewhere])
    for (const device of spec.devices ?? []) {
      const key = deviceKey(pool.driver, pool.name, device.name);
      if (!ledger.isTaken(key) && !ledger.isShared(key)) continue;
      for (const [name, amount] of countersOf(device)) addTo(left, name, amount, -1);
    }
  return left;
}

/** Takes the device's counters; false, and nothing taken: they do not suffice. */
export function takeCounters(left: Capacities, device: Device): boolean {
  for (const [name, amount] of countersOf(device)) addTo(left, name, amount, -1);
  const zero = parseQuantity("0");
  const enough = [...left.values()].every((amount) => compareQuantity(amount, zero) >= 0);
  if (!enough) giveCounters(left, device);
  return enough;
}

export function giveCounters(left: Capacities, device: Device): void {
  for (const [name, amount] of countersOf(device)) addTo(left, name, amount, 1);
}
