/** Addresses and prefixes in CEL: `cidr("10.0.0.0/8").containsIP(ip("10.1.2.3"))`, as Kubernetes' library has them. */
import type { Environment } from "@marcbachmann/cel-js";
import ipaddr from "ipaddr.js";
import {
  type CIDR,
  canonicalIP,
  containsIP,
  ipFamily,
  isSubset,
  parseCIDR,
} from "#apimachinery/ip.ts";
import { CelRuntimeError } from "./runtime-error.ts";

class CelIP {
  /** Canonical. */
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

class CelCIDR {
  /** Canonical; may have bits beyond the prefix. */
  readonly address: string;
  readonly prefix: CIDR;

  constructor(address: string, prefix: CIDR) {
    this.address = address;
    this.prefix = prefix;
  }
}

/** What `ip` is when it is not called. */
class Addresses {}

/** Why it is no address; undefined: it is one. */
function addressFault(text: string): string | undefined {
  const zone = text.indexOf("%");
  if (zone > 0 && ipFamily(text.slice(0, zone)) === "IPv6")
    return `IP address ${JSON.stringify(text)} with zone value is not allowed`;
  if (ipFamily(text) === undefined)
    return `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`;
  const address = ipaddr.parse(text);
  if (address instanceof ipaddr.IPv6 && address.isIPv4MappedAddress())
    return `IPv4-mapped IPv6 address ${JSON.stringify(text)} is not allowed`;
  return undefined;
}

function readIP(text: string): CelIP {
  const fault = addressFault(text);
  if (fault !== undefined) throw new CelRuntimeError(fault);
  return new CelIP(canonicalIP(text));
}

function cidrOf(text: string): CelCIDR | undefined {
  const prefix = parseCIDR(text);
  const [address = ""] = text.split("/");
  if (prefix === undefined || addressFault(address) !== undefined) return undefined;
  return new CelCIDR(canonicalIP(address), prefix);
}

function readCIDR(text: string): CelCIDR {
  const found = cidrOf(text);
  if (found !== undefined) return found;
  const sentence = "network address parse error during conversion from string";
  throw new CelRuntimeError(
    `${sentence}: ${sentence}: netip.ParsePrefix(${JSON.stringify(text)}): invalid prefix`,
  );
}

const isIn = (text: string, ...prefixes: readonly string[]) =>
  prefixes.some((prefix) => containsIP(readCIDR(prefix).prefix, text));

const sameCIDR = (a: CelCIDR, b: CelCIDR) =>
  a.address === b.address && a.prefix.bits === b.prefix.bits;

const ip = "net.IP";
const cidr = "net.CIDR";

const kinds: Readonly<Record<string, (text: string) => boolean>> = {
  isUnspecified: (text) => text === "0.0.0.0" || text === "::",
  isLoopback: (text) => isIn(text, "127.0.0.0/8", "::1/128"),
  // ff02::/16 with any flags.
  isLinkLocalMulticast: (text) => isIn(text, "224.0.0.0/24") || /^ff[0-9a-f]2:/.test(text),
  isLinkLocalUnicast: (text) => isIn(text, "169.254.0.0/16", "fe80::/10"),
  isGlobalUnicast: (text) =>
    text !== "255.255.255.255" &&
    text !== "0.0.0.0" &&
    text !== "::" &&
    !isIn(text, "127.0.0.0/8", "::1/128", "224.0.0.0/4", "ff00::/8", "169.254.0.0/16", "fe80::/10"),
};

export function addAddresses(environment: Environment): void {
  environment
    .registerType(ip, { ctor: CelIP, fields: {} })
    .registerType(cidr, { ctor: CelCIDR, fields: {} })
    .registerType("kubernetes.Addresses", { ctor: Addresses, fields: {} })
    .registerConstant("ip", "kubernetes.Addresses", new Addresses())
    .registerFunction(
      "kubernetes.Addresses.isCanonical(string): bool",
      (_, text) => readIP(text).text === text,
    )
    .registerFunction(`ip(string): ${ip}`, readIP)
    .registerFunction("isIP(string): bool", (text) => addressFault(text) === undefined)
    .registerFunction(`string(${ip}): string`, ({ text }: CelIP) => text)
    .registerFunction(`${ip}.family(): int`, ({ text }: CelIP) =>
      ipFamily(text) === "IPv4" ? 4n : 6n,
    )
    .registerOperator(`${ip} == ${ip}`, (a: CelIP, b: CelIP) => a.text === b.text)
    .registerFunction(`cidr(string): ${cidr}`, readCIDR)
    .registerFunction("isCIDR(string): bool", (text) => cidrOf(text) !== undefined)
    .registerFunction(
      `string(${cidr}): string`,
      ({ address, prefix }: CelCIDR) => `${address}/${prefix.bits}`,
    )
    .registerFunction(`${cidr}.containsIP(${ip}): bool`, (a: CelCIDR, b: CelIP) =>
      containsIP(a.prefix, b.text),
    )
    .registerFunction(`${cidr}.containsIP(string): bool`, (a: CelCIDR, b) =>
      containsIP(a.prefix, readIP(b).text),
    )
    .registerFunction(`${cidr}.containsCIDR(${cidr}): bool`, (a: CelCIDR, b: CelCIDR) =>
      isSubset(b.prefix, a.prefix),
    )
    .registerFunction(`${cidr}.containsCIDR(string): bool`, (a: CelCIDR, b) =>
      isSubset(readCIDR(b).prefix, a.prefix),
    )
    .registerFunction(`${cidr}.ip(): ${ip}`, ({ address }: CelCIDR) => new CelIP(address))
    .registerFunction(
      `${cidr}.masked(): ${cidr}`,
      ({ prefix }: CelCIDR) => new CelCIDR(prefix.network, prefix),
    )
    .registerFunction(`${cidr}.prefixLength(): int`, ({ prefix }: CelCIDR) => BigInt(prefix.bits))
    .registerOperator(`${cidr} == ${cidr}`, sameCIDR);
  for (const [name, holds] of Object.entries(kinds))
    environment.registerFunction(`${ip}.${name}(): bool`, ({ text }: CelIP) => holds(text));
}
