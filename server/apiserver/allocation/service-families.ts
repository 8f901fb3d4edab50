/** Which IP families a service is of: upstream's defaulting of ipFamilies, ipFamilyPolicy and clusterIPs. */
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import type { Service, ServiceSpec } from "#gen/api/core/v1.ts";
import { validateClusterAddresses } from "#resources/core/v1/service-addresses.ts";
import { type IpFamily, parseAddress } from "./address-range.ts";

const policyPath = new Path("spec.ipFamilyPolicy");

export function needsClusterIp({ type }: ServiceSpec): boolean {
  return type !== "ExternalName";
}

export function isHeadless({ clusterIP, clusterIPs }: ServiceSpec): boolean {
  return clusterIP === "None" || clusterIPs?.[0] === "None";
}

/** clusterIP and clusterIPs[0] are one thing: a client that sets one sets both. */
export function normalizeClusterIps(service: Service, old: Service | undefined): void {
  const { spec } = service;
  const named = (spec.clusterIPs ?? []).length > 0;
  if (old === undefined) {
    if (spec.clusterIP && !named) spec.clusterIPs = [spec.clusterIP];
    return;
  }
  const sameIp = (spec.clusterIP ?? "") === (old.spec.clusterIP ?? "");
  const sameIps = sameList(spec.clusterIPs, old.spec.clusterIPs);
  // A client that knows no clusterIPs sends none of them.
  if (spec.clusterIP && !named) spec.clusterIPs = sameIp ? old.spec.clusterIPs : [spec.clusterIP];
  if (sameIp || !sameIps) return;
  // Only clusterIP was changed, by a client that knows no clusterIPs.
  if (!spec.clusterIP) delete spec.clusterIPs;
  else spec.clusterIPs = [spec.clusterIP];
}

function otherFamily(family: IpFamily): IpFamily {
  return family === "IPv4" ? "IPv6" : "IPv4";
}

/** Headless and without a selector: whoever writes its endpoints decides, so any family will do. */
function isBare(spec: ServiceSpec): boolean {
  return isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
}

/** Everything that names its families is as before, and it takes one or two as the cluster has them: it stays as it is. */
function staysPreferring({ spec: now }: Service, old: Service | undefined): boolean {
  if (old === undefined || !needsClusterIp(old.spec)) return false;
  const { spec: before } = old;
  if (now.ipFamilyPolicy !== "PreferDualStack" || before.ipFamilyPolicy !== "PreferDualStack")
    return false;
  return sameList(now.clusterIPs, before.clusterIPs) && sameList(now.ipFamilies, before.ipFamilies);
}

const sameList = (a: readonly string[] = [], b: readonly string[] = []): boolean =>
  a.length === b.length && a.every((item, index) => item === b[index]);

/** Without a word of the client an update keeps the policy; a new service is of one family. */
function policyOf(spec: ServiceSpec, old: Service | undefined): ServiceSpec["ipFamilyPolicy"] {
  const kept = spec.ipFamilyPolicy ?? old?.spec.ipFamilyPolicy;
  return kept ?? (isBare(spec) ? "RequireDualStack" : "SingleStack");
}

/** What a change of policy means for the second address and family. */
function secondFaults(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  const { clusterIPs = [], ipFamilies = [], ipFamilyPolicy } = spec;
  if (ipFamilyPolicy === "SingleStack") {
    // Unchanged lists beside a new policy are what the client did not think of.
    if (sameList(clusterIPs, old.clusterIPs)) spec.clusterIPs = clusterIPs.slice(0, 1);
    if (sameList(ipFamilies, old.ipFamilies)) spec.ipFamilies = ipFamilies.slice(0, 1);
    return [];
  }
  const lost = (now: readonly string[], before: readonly string[] = []): boolean =>
    before.length > 1 && now.length === 1 && now[0] === before[0];
  const fault = (what: string): FieldError =>
    invalidValue(
      policyPath,
      ipFamilyPolicy,
      `must be 'SingleStack' to release the secondary ${what}`,
    );
  return [
    ...(lost(clusterIPs, old.clusterIPs) ? [fault("cluster IP")] : []),
    ...(lost(ipFamilies, old.ipFamilies) ? [fault("IP family")] : []),
  ];
}

function singleFaults({ clusterIPs, ipFamilies, ipFamilyPolicy }: ServiceSpec): FieldError[] {
  if (ipFamilyPolicy !== "SingleStack") return [];
  const fault = (what: string): FieldError => {
    const wanted = `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`;
    return invalidValue(policyPath, ipFamilyPolicy, wanted);
  };
  return [
    ...(clusterIPs?.length === 2 ? [fault("cluster IPs")] : []),
    ...(ipFamilies?.length === 2 ? [fault("IP families")] : []),
  ];
}

/** Adds the families of addresses that name none. */
function inferFamilies(spec: ServiceSpec, available: readonly IpFamily[]): FieldError[] {
  const faults: FieldError[] = [];
  const families = [...(spec.ipFamilies ?? [])];
  for (const [at, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === "None") break;
    const family = parseAddress(address)?.family;
    if (family === undefined || at < families.length) continue;
    if (available.includes(family)) families.push(family);
    else {
      const path = new Path("spec.clusterIPs").index(at);
      faults.push(
        invalidValue(path, spec.clusterIPs, `${family} is not configured on this cluster`),
      );
    }
  }
  if (families.length > 0) spec.ipFamilies = families;
  return faults;
}

function unavailableFaults(spec: ServiceSpec, available: readonly IpFamily[]): FieldError[] {
  const faults: FieldError[] = [];
  if (spec.ipFamilyPolicy === "RequireDualStack" && available.length < 2) {
    const detail = "this cluster is not configured for dual-stack services";
    faults.push(invalidValue(policyPath, spec.ipFamilyPolicy, detail));
  }
  for (const [at, family] of (spec.ipFamilies ?? []).entries())
    if (!available.some((each) => each === family)) {
      const path = new Path("spec.ipFamilies").index(at);
      faults.push(invalidValue(path, family, "not configured on this cluster"));
    }
  return faults;
}

/**
 * Fills ipFamilyPolicy and ipFamilies in place (upstream's initIPFamilyFields). `available`: the cluster's, the
 * primary one first.
 */
export function defaultFamilies(
  service: Service,
  available: readonly IpFamily[],
  old?: Service,
): FieldError[] {
  const { spec } = service;
  if (!needsClusterIp(spec) || staysPreferring(service, old)) return [];
  spec.ipFamilyPolicy = policyOf(spec, old);
  // What makes no sense is refused before anything is allocated for it.
  const senseless = validateClusterAddresses(spec);
  if (senseless.length > 0) return senseless;
  const faults = [
    ...(old === undefined ? [] : secondFaults(spec, old.spec)),
    ...singleFaults(spec),
    ...inferFamilies(spec, available),
  ];
  if (faults.length > 0) return faults;
  const [primary = "IPv4"] = available;
  const bare = isBare(spec);
  if (!bare) {
    const unavailable = unavailableFaults(spec, available);
    if (unavailable.length > 0) return unavailable;
  }
  const families = (spec.ipFamilies ?? []).length === 0 ? [primary] : [...(spec.ipFamilies ?? [])];
  const dual = spec.ipFamilyPolicy !== "SingleStack";
  const [first] = families;
  if (dual && families.length === 1 && (bare || available.length > 1))
    families.push(otherFamily(first === "IPv6" ? "IPv6" : "IPv4"));
  spec.ipFamilies = families;
  return [];
}
