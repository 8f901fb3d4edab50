/** Cluster IPs: one IPAddress object each, as upstream keeps them. */

import type { Randomness } from "#apiserver/call.ts";
import { type IPAddress, ipaddresses } from "#gen/api/networking/v1.ts";
import type { Key } from "#storage/storage.ts";
import {
  type AddressRange,
  formatAddress,
  type IpFamily,
  inRange,
  parseAddress,
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
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: {
      name: address,
      uid: randomness.uid(),
      creationTimestamp: now(),
      labels: { "ipaddress.kubernetes.io/ip-family": family, [managedBy]: ipAllocator },
    },
    spec: { parentRef: { resource: "services", ...holder } },
  };
}

/** undefined: taken. The sentence: why it cannot be. */
export type Claim = { readonly address: string } | { readonly fault: string };

/** The very address that a service names. */
export async function claimAddress(
  parts: ClusterIpParts,
  range: AddressRange,
  { address, holder, dryRun }: { address: string; holder: Holder; dryRun: boolean },
): Promise<Claim> {
  const parsed = parseAddress(address);
  if (parsed === undefined || parsed.family !== range.family || !inRange(range, parsed.value)) {
    const where = `The range of valid IPs is ${range.cidr}`;
    return { fault: `the provided IP (${address}) is not in the valid range. ${where}` };
  }
  const canonical = formatAddress(parsed.value, range.family);
  const { family } = range;
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

/** Any free address of the range. */
export async function nextAddress(
  parts: ClusterIpParts,
  range: AddressRange,
  { holder, dryRun }: { holder: Holder; dryRun: boolean },
): Promise<Claim> {
  const { family } = range;
  for (const value of candidates(range, parts.randomness)) {
    const address = formatAddress(value, family);
    const key = addressKey(address);
    if (parts.store.get(key) !== undefined) continue;
    if (dryRun) return { address };
    const object = addressObject(parts, address, { family, holder });
    if (await reserve(parts.store, key, object)) return { address };
  }
  return { fault: "range is full" };
}

export function releaseAddress({ store }: ClusterIpParts, address: string): Promise<void> {
  const parsed = parseAddress(address);
  const canonical = parsed === undefined ? address : formatAddress(parsed.value, parsed.family);
  return release(store, addressKey(canonical));
}
