/** Warnings about addresses that are accepted but not written as they should be. */

import type { Path } from "#apimachinery/field-error.ts";
import { canonicalIP, ipFamily, parseCIDR } from "#apimachinery/ip.ts";

const quoted = (text: string): string => JSON.stringify(text);
const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i;

/** The IPv4 address that old parsers read where numbers have leading zeros; undefined: none has. */
function withoutZeros(text: string): string | undefined {
  if (!/^\d+(\.\d+){3}$/.test(text) || ipFamily(text) !== undefined) return undefined;
  const plain = text.split(".").map(Number).join(".");
  return ipFamily(plain) === undefined ? undefined : plain;
}

export function ipWarnings(path: Path, text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const zeroless = withoutZeros(text);
  if (zeroless !== undefined)
    return [
      `${path.text}: non-standard IP address ${quoted(text)} is invalid: use ${quoted(zeroless)}`,
    ];
  if (ipFamily(text) !== "IPv6") return [];
  const [, plain] = mapped.exec(text) ?? [];
  if (plain !== undefined)
    return [
      `${path.text}: non-standard IP address ${quoted(text)} is invalid: use ${quoted(plain)}`,
    ];
  const canonical = canonicalIP(text);
  if (canonical === text) return [];
  return [
    `${path.text}: IPv6 address ${quoted(text)} should be in RFC 5952 canonical format (${quoted(canonical)})`,
  ];
}

export function cidrWarnings(path: Path, text: string | undefined): readonly string[] {
  const cidr = text === undefined ? undefined : parseCIDR(text);
  if (text === undefined || cidr === undefined) return [];
  const address = canonicalIP(text.split("/")[0] ?? "");
  const canonical = `${cidr.network}/${cidr.bits}`;
  if (address !== cidr.network) {
    const single = `${address}/${cidr.family === "IPv4" ? 32 : 128}`;
    return [
      `${path.text}: CIDR value ${quoted(text)} is ambiguous in this context (should be ${quoted(canonical)} or ${quoted(single)}?)`,
    ];
  }
  if (cidr.family === "IPv4" || canonical === text) return [];
  return [
    `${path.text}: IPv6 CIDR value ${quoted(text)} should be in RFC 5952 canonical format (${quoted(canonical)})`,
  ];
}
