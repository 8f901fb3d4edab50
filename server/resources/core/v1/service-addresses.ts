/** Cluster addresses of a Service, their families, and what may become of them. */

import ipaddr from "ipaddr.js";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import { ipFamily, validateIP } from "#apimachinery/ip.ts";
import type { ServiceSpec } from "#gen/api/core/v1.ts";

const specPath = new Path("spec");
const addressesPath = specPath.child("clusterIPs");
const familiesPath = specPath.child("ipFamilies");
const policyPath = specPath.child("ipFamilyPolicy");

export function isHeadless({ clusterIPs }: ServiceSpec): boolean {
  return clusterIPs?.length === 1 && clusterIPs[0] === "None";
}

const special: Readonly<Record<string, string>> = {
  unspecified: "may not be unspecified",
  loopback: "may not be in the loopback range (127.0.0.0/8, ::1/128)",
  linkLocal: "may not be in the link-local range (169.254.0.0/16, fe80::/10)",
};

/** An address that traffic can be sent to. */
export function validateEndpointIP(path: Path, address: string): FieldError[] {
  const errors = validateIP(path, address);
  if (errors.length > 0) return errors;
  const parsed = ipaddr.parse(address);
  const text = parsed.toString();
  const multicast = text.startsWith("224.0.0.") || text.startsWith("ff02:");
  const sentence = multicast
    ? "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"
    : special[kindOf(parsed)];
  return sentence === undefined ? [] : [invalidValue(path, address, sentence)];
}

/** Only 0.0.0.0 itself is unspecified, not its whole /8. */
function kindOf(address: ipaddr.IPv4 | ipaddr.IPv6): string {
  const range = address.range();
  if (range === "unspecified" && !["0.0.0.0", "::"].includes(address.toString())) return "";
  return range;
}

/** Addresses, families and policy as they stand: also before anything is allocated. */
export function validateClusterAddresses(spec: ServiceSpec): FieldError[] {
  const checks = new FieldChecks();
  if (spec.type !== "ExternalName") clusterAddresses(checks, spec);
  return checks.errors;
}

function clusterAddresses(checks: FieldChecks, spec: ServiceSpec): void {
  const { clusterIP = "", clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  if (clusterIP !== "" && clusterIPs.length === 0) checks.required(addressesPath);
  else if (clusterIP !== "" && clusterIPs[0] !== clusterIP)
    checks.invalid(addressesPath, clusterIPs, "first value must match `clusterIP`");
  else if (clusterIP === "" && clusterIPs.length > 0)
    checks.invalid(addressesPath, clusterIPs, "must be empty when `clusterIP` is not specified");
  const seen = new Set<string>();
  for (const [index, family] of ipFamilies.entries()) {
    checks.oneOf(familiesPath.index(index), family, ["IPv4", "IPv6"]);
    if (seen.has(family)) checks.duplicate(familiesPath.index(index), family);
    seen.add(family);
  }
  if (ipFamilyPolicy !== undefined)
    checks.oneOf(policyPath, ipFamilyPolicy, [
      "PreferDualStack",
      "RequireDualStack",
      "SingleStack",
    ]);
  const sound = soundAddresses(checks, clusterIPs);
  if (clusterIPs.length > 2)
    checks.invalid(addressesPath, clusterIPs, "may only hold up to 2 values");
  if (sound) addressFamilies(checks, spec);
}

function soundAddresses(checks: FieldChecks, addresses: readonly string[]): boolean {
  const before = checks.errors.length;
  for (const [index, address] of addresses.entries()) {
    if (index > 0 || address !== "None")
      checks.add(validateIP(addressesPath.index(index), address));
    else if (addresses.length > 1)
      checks.invalid(addressesPath, addresses, "'None' must be the first and only value");
  }
  return checks.errors.length === before;
}

function addressFamilies(checks: FieldChecks, spec: ServiceSpec): void {
  const { clusterIPs = [], ipFamilies = [] } = spec;
  const families = clusterIPs.map(ipFamily);
  if (clusterIPs.length > 1 && new Set(families).size < 2)
    checks.invalid(addressesPath, clusterIPs, "may specify no more than one IP for each IP family");
  if (isHeadless(spec)) return;
  for (const [index, address] of clusterIPs.entries()) {
    const wanted = ipFamilies[index];
    if ((wanted === "IPv4" || wanted === "IPv6") && families[index] !== wanted)
      checks.invalid(
        addressesPath.index(index),
        address,
        `expected an ${wanted} value as indicated by \`ipFamilies[${index}]\``,
      );
  }
}

/** The first address and family stay for life; a second one may come and go. */
export function addressUpdates(checks: FieldChecks, spec: ServiceSpec, old: ServiceSpec): void {
  if (spec.type === "ExternalName" || old.type === "ExternalName") return;
  const [now, before] = [isHeadless(spec), isHeadless(old)];
  if (!(now && before))
    listUpdate(checks, {
      path: addressesPath,
      word: "clusterIP",
      list: spec.clusterIPs ?? [],
      old: old.clusterIPs ?? [],
      spec,
    });
  if (!now && !before)
    listUpdate(checks, {
      path: familiesPath,
      word: "ipFamily",
      list: spec.ipFamilies ?? [],
      old: old.ipFamilies ?? [],
      spec,
    });
}

interface ListUpdate {
  readonly path: Path;
  readonly word: "clusterIP" | "ipFamily";
  readonly list: readonly string[];
  readonly old: readonly string[];
  readonly spec: ServiceSpec;
}

function listUpdate(checks: FieldChecks, { path, word, list, old, spec }: ListUpdate): void {
  const changed = "may not change once set";
  if (list.length === old.length) {
    for (const [index, value] of old.entries())
      if (value !== list[index])
        checks.invalid(path.index(word === "clusterIP" ? index : 0), list, changed);
    return;
  }
  const unset = word === "clusterIP" ? list.length === 0 : (spec.clusterIPs ?? []).length === 0;
  if (list.length < old.length && unset)
    checks.invalid(path.index(0), list, `primary ${word} can not be unset`);
  if (old.length > 0 && list.length > 0 && list[0] !== old[0])
    checks.invalid(path.index(0), list, changed);
  if (list.length < old.length && list.length === 1 && spec.ipFamilyPolicy !== "SingleStack")
    checks.invalid(
      policyPath,
      spec.ipFamilyPolicy,
      `must be set to 'SingleStack' when releasing the secondary ${word}`,
    );
}
