/** Pools of devices as one node sees them: complete or not, valid or not, in the order in which they are tried. */
import type { NodeSelector } from "#gen/api/core/v1.ts";
import type { CounterSet, ResourceSlice } from "#gen/api/resource/v1.ts";
import type { NodeFacts } from "#scheduler/node-facts.ts";
import { matchesSelector } from "#scheduler/node-match.ts";
import { poolKey, type SliceIndex } from "./slices.ts";

export interface Pool {
  /** `driver/pool`. */
  readonly key: string;
  readonly driver: string;
  readonly name: string;
  /** Slices of it are still to come, or it contradicts itself: nothing is allocated from it. */
  readonly state: "usable" | "incomplete" | "invalid";
  readonly slices: readonly ResourceSlice[];
  /** Devices of other nodes, which may use up the same counters. */
  readonly elsewhere: readonly ResourceSlice[];
  readonly counterSets: ReadonlyMap<string, CounterSet>;
}

interface Place {
  readonly nodeName?: string | undefined;
  readonly allNodes?: boolean | undefined;
  readonly nodeSelector?: NodeSelector | undefined;
}

export function isOnNode({ nodeName, allNodes, nodeSelector }: Place, node: NodeFacts): boolean {
  if (nodeName) return nodeName === node.name;
  if (allNodes === true) return true;
  return nodeSelector !== undefined && matchesSelector(nodeSelector, node);
}

function concerns({ spec }: ResourceSlice, node: NodeFacts): boolean {
  if (spec.perDeviceNodeSelection !== true) return isOnNode(spec, node);
  return (spec.devices ?? []).some((device) => isOnNode(device, node));
}

const byName = (a: ResourceSlice, b: ResourceSlice) =>
  a.metadata.name < b.metadata.name ? -1 : a.metadata.name > b.metadata.name ? 1 : 0;

export function gatherPools(index: SliceIndex, node: NodeFacts): Pool[] {
  const found = new Map<string, ResourceSlice[]>();
  for (const slice of index.forNode(node.name)) {
    if (!concerns(slice, node)) continue;
    const key = poolKey(slice.spec.driver, slice.spec.pool.name);
    const known = found.get(key);
    const generation = known?.[0]?.spec.pool.generation ?? -1;
    if (slice.spec.pool.generation < generation) continue;
    if (known === undefined || slice.spec.pool.generation > generation) found.set(key, [slice]);
    else known.push(slice);
  }
  const pools = [...found].flatMap(([key, slices]) => poolOf(key, slices, index) ?? []);
  const order = (a: Pool, b: Pool) =>
    a.driver === b.driver
      ? Number(a.name > b.name) - Number(a.name < b.name)
      : a.driver < b.driver
        ? -1
        : 1;
  const waits = (pool: Pool) =>
    pool.slices.some(({ spec }) =>
      spec.devices?.some((one) => one.bindingConditions !== undefined),
    );
  // Devices that have to be made ready first are the last resort.
  return [...pools.filter((pool) => !waits(pool)).sort(order), ...pools.filter(waits).sort(order)];
}

/** undefined: the driver is replacing it by a generation that has nothing for this node. */
function poolOf(
  key: string,
  slices: readonly ResourceSlice[],
  index: SliceIndex,
): Pool | undefined {
  const [first] = slices;
  if (first === undefined) return undefined;
  const { driver, pool } = first.spec;
  const nothing = { slices: [], elsewhere: [], counterSets: new Map() };
  const base = { key, driver, name: pool.name };
  let all = slices;
  if (slices.length !== pool.resourceSliceCount) {
    const known = index.ofPool(key);
    if (known.some(({ spec }) => spec.pool.generation > pool.generation)) return undefined;
    all = known.filter(({ spec }) => spec.pool.generation === pool.generation);
    if (all.length !== pool.resourceSliceCount) return { ...base, ...nothing, state: "incomplete" };
  }
  const counters = (slice: ResourceSlice) => (slice.spec.sharedCounters ?? []).length > 0;
  const here = slices.filter((slice) => !counters(slice)).sort(byName);
  const elsewhere = all.filter((slice) => !counters(slice) && !slices.includes(slice));
  const sets = all.filter(counters).flatMap(({ spec }) => spec.sharedCounters ?? []);
  const counterSets = new Map(sets.map((set) => [set.name, set]));
  const valid =
    counterSets.size === sets.length &&
    hasOwnNames(here) &&
    [...here, ...elsewhere].every((slice) => consumesKnown(slice, counterSets));
  if (!valid) return { ...base, ...nothing, state: "invalid" };
  return { ...base, state: "usable", slices: here, elsewhere, counterSets };
}

function hasOwnNames(slices: readonly ResourceSlice[]): boolean {
  const names = slices.flatMap(({ spec }) => (spec.devices ?? []).map(({ name }) => name));
  return new Set(names).size === names.length;
}

function consumesKnown({ spec }: ResourceSlice, sets: ReadonlyMap<string, CounterSet>): boolean {
  return (spec.devices ?? []).every((device) =>
    (device.consumesCounters ?? []).every(({ counterSet, counters }) => {
      const set = sets.get(counterSet);
      return set !== undefined && Object.keys(counters).every((name) => name in set.counters);
    }),
  );
}
