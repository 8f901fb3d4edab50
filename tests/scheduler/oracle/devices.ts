/** What there is to claim: drivers' slices, classes, claims, and rules that taint devices, as the API gives them. */
import type { Node } from "#gen/api/core/v1.ts";
import type {
  Device,
  DeviceClass,
  DeviceTaintRule,
  ResourceClaim,
  ResourceSlice,
} from "#gen/api/resource/v1.ts";
import { nodeTermMatches } from "./matching.ts";

/** What an expression of a selector says of a device; throws where it cannot say. */
export type Meets = (driver: string, device: Device) => boolean;

export interface Devices {
  readonly claims: readonly ResourceClaim[];
  readonly classes: readonly DeviceClass[];
  readonly slices: readonly ResourceSlice[];
  readonly rules: readonly DeviceTaintRule[];
  /** By expression: the oracle knows what its expressions mean, and has no language. */
  readonly meaning: ReadonlyMap<string, Meets>;
  readonly now: Date;
}

export const noDevices: Devices = {
  claims: [],
  classes: [],
  slices: [],
  rules: [],
  meaning: new Map(),
  now: new Date(0),
};

export interface Offer {
  readonly id: string;
  readonly driver: string;
  readonly pool: string;
  readonly device: Device;
  readonly slice: ResourceSlice;
}

interface Place {
  readonly nodeName?: string | undefined;
  readonly allNodes?: boolean | undefined;
  readonly nodeSelector?: ResourceSlice["spec"]["nodeSelector"];
}

export function isAt({ nodeName, allNodes, nodeSelector }: Place, node: Node): boolean {
  if (nodeName !== undefined) return nodeName === node.metadata.name;
  if (allNodes === true) return true;
  return nodeSelector?.nodeSelectorTerms.some((term) => nodeTermMatches(term, node)) ?? false;
}

/** A pool as one node sees it. */
export interface PoolHere {
  readonly id: string;
  readonly trouble: "currently being updated" | "currently invalid" | undefined;
  readonly offers: readonly Offer[];
  /** All of the pool's devices, those of other nodes too: they may take the same counters. */
  readonly all: readonly Offer[];
  /** "set/counter" -> how much there is. */
  readonly counters: ReadonlyMap<string, number>;
}

/** Plain amounts are all that random clusters have. */
export function amount(text: string): number {
  const [, digits = "0", unit = ""] = /^(-?[\d.]+)(\w*)$/.exec(text) ?? [];
  const units: Record<string, number> = { m: 1e-3, Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30 };
  return Number(digits) * (units[unit] ?? 1);
}

function offersOf({ rules }: Devices, slices: readonly ResourceSlice[]): Offer[] {
  return slices.flatMap((slice) =>
    (slice.spec.devices ?? []).map((device) => {
      const { driver } = slice.spec;
      const pool = slice.spec.pool.name;
      const added = rules
        .filter(({ spec: { deviceSelector: of } }) => {
          if (of === undefined) return false;
          return [
            [of.driver, driver],
            [of.pool, pool],
            [of.device, device.name],
          ].every(([asked, is]) => asked === undefined || asked === is);
        })
        .map(({ spec }) => spec.taint);
      const taints = [...(device.taints ?? []), ...added];
      const id = `${driver}/${pool}/${device.name}`;
      return { id, driver, pool, slice, device: added.length > 0 ? { ...device, taints } : device };
    }),
  );
}

export function countersOf({ consumesCounters = [] }: Device): [string, number][] {
  return consumesCounters.flatMap(({ counterSet, counters }) =>
    Object.entries(counters).map(([name, { value }]): [string, number] => [
      `${counterSet}/${name}`,
      amount(value),
    ]),
  );
}

function poolHere(devices: Devices, node: Node, id: string): PoolHere | undefined {
  const slices = devices.slices.filter(({ spec }) => `${spec.driver}/${spec.pool.name}` === id);
  const concerns = slices.filter(({ spec }) =>
    spec.perDeviceNodeSelection === true
      ? (spec.devices ?? []).some((device) => isAt(device, node))
      : isAt(spec, node),
  );
  if (concerns.length === 0) return undefined;
  const newest = Math.max(...concerns.map(({ spec }) => spec.pool.generation));
  const here = concerns.filter(({ spec }) => spec.pool.generation === newest);
  const wanted = here[0]?.spec.pool.resourceSliceCount;
  const empty = { id, offers: [], all: [], counters: new Map<string, number>() };
  let whole = here;
  if (here.length !== wanted) {
    // The newest may have nothing for this node: then there is nothing here.
    if (slices.some(({ spec }) => spec.pool.generation > newest)) return undefined;
    whole = slices.filter(({ spec }) => spec.pool.generation === newest);
    if (whole.length !== wanted) return { ...empty, trouble: "currently being updated" };
  }
  const sets = whole.flatMap(({ spec }) => spec.sharedCounters ?? []);
  const counters = new Map(
    sets.flatMap((set) =>
      Object.entries(set.counters).map(([name, { value }]) => [
        `${set.name}/${name}`,
        amount(value),
      ]),
    ),
  );
  const byName = (a: ResourceSlice, b: ResourceSlice) =>
    a.metadata.name < b.metadata.name ? -1 : 1;
  const isDevices = ({ spec }: ResourceSlice) => (spec.sharedCounters ?? []).length === 0;
  const offers = offersOf(devices, here.filter(isDevices).sort(byName));
  const all = [
    ...offers,
    ...offersOf(
      devices,
      whole.filter((one) => !here.includes(one)),
    ),
  ];
  const valid =
    new Set(offers.map((one) => one.id)).size === offers.length &&
    new Set(sets.map(({ name }) => name)).size === sets.length &&
    all.every(({ device }) => countersOf(device).every(([name]) => counters.has(name)));
  if (!valid) return { ...empty, trouble: "currently invalid" };
  return { id, trouble: undefined, offers, all, counters };
}

/** By driver and name; those with devices that have to be made ready first come last. */
export function poolsAt(devices: Devices, node: Node): PoolHere[] {
  const names = new Map(
    devices.slices.map(({ spec }) => [
      `${spec.driver}/${spec.pool.name}`,
      [spec.driver, spec.pool.name] as const,
    ]),
  );
  const waits = (pool: PoolHere) =>
    pool.offers.some(({ device }) => device.bindingConditions !== undefined) ? 1 : 0;
  return [...names]
    .sort(([, a], [, b]) => (a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? -1 : 1))
    .flatMap(([id]) => poolHere(devices, node, id) ?? [])
    .sort((a, b) => waits(a) - waits(b));
}
