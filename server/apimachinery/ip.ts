/** Addresses and prefixes: whether text is one, and its canonical form (RFC 5952). */
import { isIPv4, isIPv6 } from "node:net";
import ipaddr from "ipaddr.js";
import { type FieldError, invalidValue, type Path } from "./field-error.ts";

export type IPFamily = "IPv4" | "IPv6";

const mapped = /^::ffff:\d+\.\d+\.\d+\.\d+$/i;

/** undefined: no address. No leading zeros, no zone. */
export function ipFamily(text: string): IPFamily | undefined {
  if (isIPv4(text)) return "IPv4";
  return isIPv6(text) && !text.includes("%") ? "IPv6" : undefined;
}

export function canonicalIP(text: string): string {
  return ipaddr.parse(text).toString();
}

function ipFault(text: string): string | undefined {
  if (ipFamily(text) === undefined)
    return "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
  return mapped.test(text) ? "must not be an IPv4-mapped IPv6 address" : undefined;
}

/** Of what must be in canonical form; undefined: it is. */
export function canonicalIPFault(text: string): string | undefined {
  const fault = ipFault(text);
  if (fault !== undefined) return fault;
  const canonical = canonicalIP(text);
  return canonical === text
    ? undefined
    : `must be in canonical form (${JSON.stringify(canonical)})`;
}

const invalidOf = (path: Path, text: string, fault: string | undefined): FieldError[] =>
  fault === undefined ? [] : [invalidValue(path, text, fault)];

/** An address of a field that has always been there: IPv6 need not be in canonical form. */
export const validateIP = (path: Path, text: string): FieldError[] =>
  invalidOf(path, text, ipFault(text));

/** An address in canonical form. */
export const validateCanonicalIP = (path: Path, text: string): FieldError[] =>
  invalidOf(path, text, canonicalIPFault(text));

export interface CIDR {
  readonly family: IPFamily;
  readonly bits: number;
  /** The first address, canonical. */
  readonly network: string;
}

/** undefined: no prefix. Bits beyond the prefix length are allowed, and gone from `network`. */
export function parseCIDR(text: string): CIDR | undefined {
  const [address = "", length = "", ...rest] = text.split("/");
  const family = ipFamily(address);
  if (family === undefined || rest.length > 0 || !/^(0|[1-9]\d{0,2})$/.test(length))
    return undefined;
  const bits = Number(length);
  if (bits > (family === "IPv4" ? 32 : 128)) return undefined;
  const network =
    family === "IPv4"
      ? ipaddr.IPv4.networkAddressFromCIDR(text).toString()
      : ipaddr.IPv6.networkAddressFromCIDR(text).toString();
  return { family, bits, network };
}

/** A prefix of a field that has always been there. */
export function validateCIDR(path: Path, text: string): FieldError[] {
  const cidr = parseCIDR(text);
  if (cidr === undefined) {
    const sentence = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
    return [invalidValue(path, text, sentence)];
  }
  const address = text.split("/")[0] ?? "";
  if (mapped.test(address))
    return [invalidValue(path, text, "must not have an IPv4-mapped IPv6 address")];
  if (canonicalIP(address) !== cidr.network)
    return [invalidValue(path, text, "must not have bits set beyond the prefix length")];
  return [];
}

/** A prefix in canonical form. */
export function validateCanonicalCIDR(path: Path, text: string): FieldError[] {
  const errors = validateCIDR(path, text);
  const cidr = parseCIDR(text);
  if (errors.length > 0 || cidr === undefined) return errors;
  const canonical = `${cidr.network}/${cidr.bits}`;
  if (canonical === text) return [];
  return [invalidValue(path, text, `must be in canonical form (${JSON.stringify(canonical)})`)];
}

/** Whether `inner` lies in `outer` and is smaller. */
export function isStrictSubset(inner: CIDR, outer: CIDR): boolean {
  if (inner.family !== outer.family || inner.bits <= outer.bits) return false;
  return parseCIDR(`${inner.network}/${outer.bits}`)?.network === outer.network;
}

/** Whether all of `inner` lies in `outer`, which may be as large. */
export function isSubset(inner: CIDR, outer: CIDR): boolean {
  const same = inner.family === outer.family && inner.bits === outer.bits;
  return same ? inner.network === outer.network : isStrictSubset(inner, outer);
}

/** `address`: canonical. */
export function containsIP({ family, bits, network }: CIDR, address: string): boolean {
  return ipFamily(address) === family && parseCIDR(`${address}/${bits}`)?.network === network;
}

/** Whether it may be a service's: the network's own and (IPv4) the broadcast address are nobody's. `address`: canonical. */
export function givesAddress(cidr: CIDR, address: string): boolean {
  const { family, bits, network } = cidr;
  if (!containsIP(cidr, address) || address === network) return false;
  if (family === "IPv6") return true;
  return ipaddr.IPv4.broadcastAddressFromCIDR(`${network}/${bits}`).toString() !== address;
}

/** What is wrong with the address of an interface with its prefix length: `192.0.2.5/24`, canonical. */
export function isInterfaceAddress(text: string): string[] {
  const [address = "", length = "", ...rest] = text.split("/");
  const family = ipFamily(address);
  const bits = /^(0|[1-9]\d{0,2})$/.test(length) ? Number(length) : Number.NaN;
  if (family === undefined || rest.length > 0 || !(bits <= (family === "IPv4" ? 32 : 128)))
    return ["must be a valid address in CIDR form, (e.g. 10.9.8.7/24 or 2001:db8::1/64)"];
  if (mapped.test(address)) return ["must not be an IPv4-mapped IPv6 address"];
  const canonical = `${canonicalIP(address)}/${bits}`;
  return canonical === text ? [] : [`must be in canonical form (${JSON.stringify(canonical)})`];
}
