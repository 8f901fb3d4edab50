/** What a pod adds to the node it stands on: requests, counters. See E_* for the record. */
import {
  E_COUNTERS,
  E_ENTRIES,
  E_NONZERO_CPU,
  E_NONZERO_MEMORY,
  E_REQUESTS,
} from "#gen/scheduler-abi.ts";
import type { Arena } from "./arena.ts";
import type { LabelSet } from "./label-sets.ts";
import type { PodShape } from "./pod-shape.ts";

interface Placed {
  readonly shape: PodShape;
  readonly labelSet: LabelSet;
  /** Not under deletion. */
  readonly live: boolean;
}

export function effectBytes(shape: PodShape, { counters, liveCounters }: LabelSet): number {
  const entries = shape.held.length + counters.length + liveCounters.length;
  return E_ENTRIES + shape.requests.length * 16 + entries * 8;
}

export function writeEffects(
  arena: Arena,
  address: number,
  { shape, labelSet, live }: Placed,
): void {
  arena.setDouble(address + E_NONZERO_CPU, shape.scoringCpu);
  arena.setDouble(address + E_NONZERO_MEMORY, shape.scoringMemory);
  arena.set(address + E_REQUESTS, shape.requests.length);
  let place = address + E_ENTRIES;
  for (const [resource, amount] of shape.requests) {
    arena.set(place, resource);
    arena.setDouble(place + 8, amount);
    place += 16;
  }
  let counters = 0;
  const add = (counter: number, delta: number) => {
    arena.set(place, counter);
    arena.set(place + 4, delta);
    place += 8;
    counters++;
  };
  for (const [counter, delta] of shape.held) add(counter, delta);
  for (const counter of labelSet.counters) add(counter, 1);
  if (live) for (const counter of labelSet.liveCounters) add(counter, 1);
  arena.set(address + E_COUNTERS, counters);
}
