/** Which IP families a service is of: upstream's defaulting of ipFamilies, ipFamilyPolicy and clusterIPs. */
import { type FieldError, invalidValue, Path } from "#apimachinery/field-error.ts";
import type { Service, ServiceSpec } from "#gen/api/core/v1.ts";
import { validateClusterAddresses } from "#resources/core/v1/service-addresses.ts";
import { type IpFamily, parseAddress } from "./address-range.ts";

const spec = new Path("spec");

export function needsClusterIp({ type }: ServiceSpec): boolean {
  return type !== "ExternalName";
}

export function isHeadless({ clusterIP, clusterIPs }: ServiceSpec): boolean {
  return clusterIP === "None" || clusterIPs?.[0] === "None";
}

/** clusterIP and clusterIPs[0] are one thing: a client that sets one sets both. */
export function normalizeClusterIps(service: Service, old: Service | undefined): void {
  const { spec } = service;
  if (spec.clusterIP && (spec.clusterIPs ?? []).length === 0) spec.clusterIPs = [spec.clusterIP];
  if (old === undefined) return;
  const sameIp = (spec.clusterIP ?? "") === (old.spec.clusterIP ?? "");
  const sameIps = (spec.clusterIPs ?? []).join() === (old.spec.clusterIPs ?? []).join();
  if (sameIp || !sameIps) return;
  // Only clusterIP was changed, by a client that knows no clusterIPs.
  if (!spec.clusterIP) delete spec.clusterIPs;
  else spec.clusterIPs = [spec.clusterIP];
}

function otherFamily(family: IpFamily): IpFamily {
  return family === "IPv4" ? "IPv6" : "IPv4";
}

/** The families that the service names by its addresses and by ipFamilies, in order. */
function namedFamilies({ clusterIPs, ipFamilies }: ServiceSpec): IpFamily[] {
  const families = [...(ipFamilies ?? [])].filter((f) => f === "IPv4" || f === "IPv6");
  const addresses = (clusterIPs ?? []).filter((address) => address !== "None");
  for (const [at, address] of addresses.entries()) {
    const family = parseAddress(address)?.family;
    if (family !== undefined && families[at] === undefined) families[at] = family;
  }
  return families;
}

function familyFaults({ spec: wanted }: Service, available: readonly IpFamily[]): FieldError[] {
  const { ipFamilyPolicy, ipFamilies = [], clusterIPs = [] } = wanted;
  const bare = isBare(wanted);
  const multiple = (ipFamilies ?? []).length > 1;
  if (multiple && !bare && (ipFamilyPolicy ?? "SingleStack") === "SingleStack") {
    const detail =
      "must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified";
    return [invalidValue(spec.child("ipFamilyPolicy"), "SingleStack", detail)];
  }
  const faults: FieldError[] = [];
  if (ipFamilyPolicy === "RequireDualStack" && available.length < 2 && !bare) {
    const detail = "this cluster is not configured for dual-stack services";
    faults.push(invalidValue(spec.child("ipFamilyPolicy"), ipFamilyPolicy, detail));
  }
  for (const [at, family] of (ipFamilies ?? []).entries()) {
    if (available.some((each) => each === family) || bare) continue;
    const path = spec.child("ipFamilies").index(at);
    faults.push(invalidValue(path, family, "not configured on this cluster"));
  }
  for (const [at, address] of (clusterIPs ?? []).entries()) {
    const family = parseAddress(address)?.family;
    if (family === undefined) continue;
    const path = spec.child("clusterIPs").index(at);
    const named = ipFamilies?.[at];
    if (named !== undefined && family !== named) {
      const detail = `expected an ${named} value as indicated by \`ipFamilies[${at}]\``;
      faults.push(invalidValue(path, address, detail));
    } else if (!available.includes(family)) {
      const detail = `${family} is not configured on this cluster`;
      faults.push(invalidValue(path, clusterIPs, detail));
    }
  }
  return faults;
}

/** Headless and without a selector: whoever writes its endpoints decides, so any family will do. */
function isBare(spec: ServiceSpec): boolean {
  return isHeadless(spec) && Object.keys(spec.selector ?? {}).length === 0;
}

/** Fills ipFamilyPolicy and ipFamilies in place. `available`: the cluster's, the primary one first. */
export function defaultFamilies(service: Service, available: readonly IpFamily[]): FieldError[] {
  if (!needsClusterIp(service.spec)) return [];
  // What makes no sense is refused before anything is allocated for it.
  const senseless = validateClusterAddresses(service.spec);
  if (senseless.length > 0) return senseless;
  const faults = familyFaults(service, available);
  if (faults.length > 0) return faults;
  const families = namedFamilies(service.spec);
  const [primary = "IPv4"] = available;
  if (families.length === 0) families.push(primary);
  const bare = isBare(service.spec);
  const single = families.length === 1;
  service.spec.ipFamilyPolicy ??= bare ? "RequireDualStack" : "SingleStack";
  const dual = service.spec.ipFamilyPolicy !== "SingleStack";
  const [first = primary] = families;
  if (dual && single && (bare || available.length > 1)) families.push(otherFamily(first));
  service.spec.ipFamilies = families;
  return [];
}
