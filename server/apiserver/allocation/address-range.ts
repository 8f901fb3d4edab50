/**
 * A range of service addresses. Addresses are numbers here, so that IPv4 and IPv6 are one thing.
 * The lower band is left to addresses that people choose; the server takes from the upper one first.
 */
import ipaddr from "ipaddr.js";

export type IpFamily = "IPv4" | "IPv6";

export interface AddressRange {
  readonly cidr: string;
  readonly family: IpFamily;
  /** First and last usable address: without the network's own and (IPv4) the broadcast address. */
  readonly first: bigint;
  readonly last: bigint;
  /** Where the band of the server's own choices begins. */
  readonly dynamicFrom: bigint;
}

/** Upstream's bounds of the static band: a sixteenth of the range, at least 16, at most 256. */
const staticBandMin = 16n;
const staticBandMax = 256n;

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => sum * 256n + BigInt(byte), 0n);
}

/** undefined: not an IP address in canonical form. */
export function parseAddress(text: string): { family: IpFamily; value: bigint } | undefined {
  if (!ipaddr.isValid(text)) return undefined;
  const address = ipaddr.parse(text);
  const family = address.kind() === "ipv4" ? "IPv4" : "IPv6";
  // ipaddr.js also reads 127.1 and 0x7f.0.0.1, which Kubernetes does not.
  if (family === "IPv4" && address.toString() !== text) return undefined;
  return { family, value: numberOf(address.toByteArray()) };
}

export function formatAddress(value: bigint, family: IpFamily): string {
  const length = family === "IPv4" ? 4 : 16;
  const bytes = Array.from({ length }, (_, at) =>
    Number((value >> BigInt(8 * (length - 1 - at))) & 255n),
  );
  const address = ipaddr.fromByteArray(bytes);
  return address instanceof ipaddr.IPv6 ? address.toRFC5952String() : address.toString();
}

/** Throws for what is no CIDR, or one too small to hold an address. */
export function parseRange(cidr: string): AddressRange {
  const [address, bits] = ipaddr.parseCIDR(cidr);
  const family: IpFamily = address.kind() === "ipv4" ? "IPv4" : "IPv6";
  const length = family === "IPv4" ? 32 : 128;
  const size = 1n << BigInt(length - bits);
  const network = (numberOf(address.toByteArray()) / size) * size;
  const first = network + 1n;
  const last = network + size - (family === "IPv4" ? 2n : 1n);
  if (last < first) throw new Error(`the service range ${cidr} holds no address`);
  const count = last - first + 1n;
  const sixteenth = size / 16n;
  const wanted = sixteenth < staticBandMin ? staticBandMin : sixteenth;
  const band = wanted > staticBandMax ? staticBandMax : wanted;
  return { cidr, family, first, last, dynamicFrom: band >= count ? first : first + band };
}

export function inRange({ first, last }: AddressRange, value: bigint): boolean {
  return first <= value && value <= last;
}

/** The first address: the kubernetes Service's own. */
export function firstAddress(cidr: string): string {
  const { first, family } = parseRange(cidr);
  return formatAddress(first, family);
}
