/** Cluster IPs: one IPAddress object each, as upstream keeps them. */

import type { Randomness } from "#apiserver/call.ts";
import { ownEntries } from "#apiserver/field-management/track.ts";
import { listObjects } from "#apiserver/object-reads.ts";
import {
  type IPAddress,
  ipaddresses,
  type ServiceCIDR,
  servicecidrs,
} from "#gen/api/networking/v1.ts";
import type { Key } from "#storage/storage.ts";
import {
  type AddressRange,
  formatAddress,
  type IpFamily,
  inRange,
  parseAddress,
  parseRange,
} from "./address-range.ts";
import { type ReservationStore, release, reserve } from "./reservation.ts";

export const managedBy = "ipaddress.kubernetes.io/managed-by";
export const ipAllocator = "ipallocator.k8s.io";
/** Random picks before the range is walked: enough for one that is nine tenths full. */
const randomPicksMax = 64;

/** The service that holds an address. */
export interface Holder {
  readonly namespace: string;
  readonly name: string;
}

export interface ClusterIpParts {
  readonly store: ReservationStore;
  readonly randomness: Randomness;
  /** RFC 3339. */
  readonly now: () => string;
}

export function addressKey(address: string): Key {
  return { group: ipaddresses.group, resource: ipaddresses.plural, namespace: "", name: address };
}

function addressObject(
  { randomness, now }: ClusterIpParts,
  address: string,
  { family, holder }: { readonly family: IpFamily; readonly holder: Holder },
): IPAddress {
  const created = now();
  const object: IPAddress = {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: {
      name: address,
      uid: randomness.uid(),
      creationTimestamp: created,
      labels: { "ipaddress.kubernetes.io/ip-family": family, [managedBy]: ipAllocator },
    },
    spec: { parentRef: { resource: "services", ...holder } },
  };
  object.metadata.managedFields = ownEntries(object, created);
  return object;
}

/** What is being deleted gives no more addresses; without a condition no controller runs, and it does. */
function isReady({ metadata, status }: ServiceCIDR): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return ready === undefined || ready.status === "True";
}

/** Ranges never change and are few. */
const parsed = new Map<string, AddressRange | undefined>();
const parsedMax = 1_000;

/** undefined: one too small to hold an address. */
function rangeOf(cidr: string): AddressRange | undefined {
  if (!parsed.has(cidr)) {
    if (parsed.size >= parsedMax) parsed.clear();
    try {
      parsed.set(cidr, parseRange(cidr));
    } catch {
      parsed.set(cidr, undefined);
    }
  }
  return parsed.get(cidr);
}

/** Those of the family's ServiceCIDRs that give addresses now. */
export function readyRanges(store: ReservationStore, family: IpFamily): readonly AddressRange[] {
  return listObjects(store, servicecidrs)
    .filter(isReady)
    .flatMap(({ spec }) => (spec.cidrs ?? []).map(rangeOf))
    .filter((range) => range !== undefined)
    .filter((range) => range.family === family);
}

/** undefined: taken. The sentence: why it cannot be. */
export type Claim = { readonly address: string } | { readonly fault: string };

/** The very address that a service names. */
export async function claimAddress(
  parts: ClusterIpParts,
  ranges: readonly AddressRange[],
  { address, holder, dryRun }: { address: string; holder: Holder; dryRun: boolean },
): Promise<Claim> {
  const named = parseAddress(address);
  const range = ranges.find(
    (each) => each.family === named?.family && inRange(each, named?.value ?? -1n),
  );
  if (named === undefined || range === undefined)
    return { fault: "the provided network does not match the current range" };
  const { family } = range;
  const canonical = formatAddress(named.value, family);
  const taken = { fault: "provided IP is already allocated" };
  const key = addressKey(canonical);
  if (dryRun) return parts.store.get(key) === undefined ? { address } : taken;
  const object = addressObject(parts, canonical, { family, holder });
  return (await reserve(parts.store, key, object)) ? { address } : taken;
}

/** Candidates: random ones of the upper band, then all of it, then the lower band. */
function* candidates(range: AddressRange, { fraction }: Randomness): Generator<bigint> {
  const { first, last, dynamicFrom } = range;
  const count = last - dynamicFrom + 1n;
  const span = count > 2n ** 48n ? 2n ** 48n : count;
  const pick = () => dynamicFrom + BigInt(Math.floor(fraction() * Number(span)));
  for (let picks = 0; picks < randomPicksMax; picks++) yield pick();
  for (let value = dynamicFrom; value <= last; value++) yield value;
  for (let value = first; value < dynamicFrom; value++) yield value;
}

/** Any free address of the first of the ranges that has one. */
export async function nextAddress(
  parts: ClusterIpParts,
  ranges: readonly AddressRange[],
  { holder, dryRun }: { holder: Holder; dryRun: boolean },
): Promise<Claim> {
  for (const range of ranges) {
    const { family } = range;
    // Nothing is looked for: upstream shows the range's own address.
    if (dryRun) return { address: formatAddress(range.first - 1n, family) };
    for (const value of candidates(range, parts.randomness)) {
      const address = formatAddress(value, family);
      const key = addressKey(address);
      if (parts.store.get(key) !== undefined) continue;
      const object = addressObject(parts, address, { family, holder });
      if (await reserve(parts.store, key, object)) return { address };
    }
  }
  return { fault: "range is full" };
}

export function releaseAddress({ store }: ClusterIpParts, address: string): Promise<void> {
  const named = parseAddress(address);
  const canonical = named === undefined ? address : formatAddress(named.value, named.family);
  return release(store, addressKey(canonical));
}
