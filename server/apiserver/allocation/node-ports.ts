/**
 * Node ports: one hidden object each, under a resource that no URL serves, where upstream keeps one bitmap
 * that every server rewrites: here two servers meet only over the same port.
 */
import type { Randomness } from "#apiserver/call.ts";
import type { Key } from "#storage/storage.ts";
import type { RangeAllocation } from "./range-allocation.ts";
import { type ReservationStore, release, reserve } from "./reservation.ts";

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export const defaultNodePorts: PortRange = { first: 30_000, last: 32_767 };

/** Upstream's bounds of the band left to ports that people choose. */
const staticBandMin = 16;
const staticBandMax = 128;
const randomPicksMax = 64;

export interface NodePortParts {
  readonly store: ReservationStore;
  readonly randomness: Randomness;
  readonly range: PortRange;
  /** RFC 3339. */
  readonly now: () => string;
}

export type PortClaim = { readonly port: number } | { readonly fault: string };

export const nodePortScope = { group: "", resource: "servicenodeports" } as const;

function keyOf(port: number): Key {
  return { ...nodePortScope, namespace: "", name: String(port) };
}

function allocation(
  { randomness, now }: NodePortParts,
  port: number,
  holder: string,
): RangeAllocation {
  return {
    apiVersion: "v1",
    kind: "RangeAllocation",
    metadata: {
      name: String(port),
      uid: randomness.uid(),
      creationTimestamp: now(),
      annotations: { holder },
    },
    range: String(port),
    data: "",
  };
}

/** The very port that a service names. `holder`: namespace/name. */
export async function claimPort(
  parts: NodePortParts,
  { port, holder, dryRun }: { port: number; holder: string; dryRun: boolean },
): Promise<PortClaim> {
  const { store, range } = parts;
  const taken = { fault: "provided port is already allocated" };
  // A dry run asks only whether it is free, as upstream does.
  if (dryRun) return store.get(keyOf(port)) === undefined ? { port } : taken;
  if (port < range.first || port > range.last) {
    const valid = `${range.first}-${range.last}`;
    return {
      fault: `provided port is not in the valid range. The range of valid ports is ${valid}`,
    };
  }
  const object = allocation(parts, port, holder);
  return (await reserve(store, keyOf(port), object)) ? { port } : taken;
}

function* candidates({ first, last }: PortRange, { fraction }: Randomness): Generator<number> {
  const count = last - first + 1;
  const band = Math.min(Math.max(staticBandMin, Math.floor(count / 32)), staticBandMax);
  const from = band >= count ? first : first + band;
  const width = last - from + 1;
  for (let picks = 0; picks < randomPicksMax; picks++) yield from + Math.floor(fraction() * width);
  for (let port = from; port <= last; port++) yield port;
  for (let port = first; port < from; port++) yield port;
}

/** Any free port but those in `except`, which the same service already counts on. */
export async function nextPort(
  parts: NodePortParts,
  { holder, dryRun, except }: { holder: string; dryRun: boolean; except: ReadonlySet<number> },
): Promise<PortClaim> {
  const { store, randomness, range } = parts;
  for (const port of candidates(range, randomness)) {
    if (except.has(port) || store.get(keyOf(port)) !== undefined) continue;
    if (dryRun) return { port };
    if (await reserve(store, keyOf(port), allocation(parts, port, holder))) return { port };
  }
  return { fault: "range is full" };
}

export function releasePort({ store }: NodePortParts, port: number): Promise<void> {
  return release(store, keyOf(port));
}
