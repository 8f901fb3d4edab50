/** Validation of an EndpointSlice. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooMany } from "#apimachinery/field-error.ts";
import { ipFamily, validateCanonicalIP } from "#apimachinery/ip.ts";
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
  isQualifiedName,
  validateDeclaredImmutable,
} from "#apimachinery/validate.ts";
import { validateLabels } from "#apimachinery/validate-object-meta.ts";
import type {
  Endpoint,
  EndpointHints,
  EndpointPort,
  EndpointSlice,
} from "#gen/api/discovery/v1.ts";
import { validateEndpointIP } from "#resources/core/v1/service-addresses.ts";

const addressesMax = 100;
const portsMax = 20_000;
const endpointsMax = 1000;
const topologyLabelsMax = 16;
const hintsMax = 8;

export function validateEndpointSlice(slice: EndpointSlice): FieldError[] {
  return [...validateFrame(slice), ...validateEndpoints(slice)];
}

/** Endpoints that have not changed are not judged again. */
export function validateEndpointSliceUpdate(
  slice: EndpointSlice,
  old: EndpointSlice,
): FieldError[] {
  const same = deepEqual(slice.endpoints, old.endpoints);
  return [
    ...validateFrame(slice),
    ...(same ? [] : validateEndpoints(slice)),
    ...validateDeclaredImmutable(slice.addressType, old.addressType, new Path("addressType")),
  ];
}

function validateFrame({ addressType, ports }: EndpointSlice): FieldError[] {
  const checks = new FieldChecks();
  checks.declared.presentOneOf(new Path("addressType"), addressType, ["FQDN", "IPv4", "IPv6"]);
  validatePorts(checks, ports ?? [], new Path("ports"));
  return checks.errors;
}

function validatePorts(checks: FieldChecks, ports: readonly EndpointPort[], path: Path): void {
  if (ports.length > portsMax) {
    checks.add([tooMany(path, ports.length, portsMax)]);
    return;
  }
  const names = new Set<string>();
  for (const [index, { name = "", protocol, appProtocol }] of ports.entries()) {
    const here = path.index(index);
    if (name !== "") checks.label(here.child("name"), name);
    if (names.has(name)) checks.duplicate(here.child("name"), name);
    names.add(name);
    if (protocol === undefined) checks.required(here.child("protocol"));
    else checks.oneOf(here.child("protocol"), protocol, ["SCTP", "TCP", "UDP"]);
    if (appProtocol !== undefined)
      checks.each(here.child("appProtocol"), appProtocol, isQualifiedName(appProtocol));
  }
}

function validateEndpoints({ endpoints, addressType }: EndpointSlice): FieldError[] {
  const checks = new FieldChecks();
  const path = new Path("endpoints");
  const all = endpoints ?? [];
  if (all.length > endpointsMax) return [tooMany(path, all.length, endpointsMax)];
  for (const [index, endpoint] of all.entries())
    validateEndpoint(checks, endpoint, { addressType, path: path.index(index) });
  return checks.errors;
}

function validateEndpoint(
  checks: FieldChecks,
  endpoint: Endpoint,
  { addressType, path }: { addressType: string; path: Path },
): void {
  const { addresses = [], nodeName, deprecatedTopology, hostname, hints } = endpoint;
  const addressesPath = path.child("addresses");
  if (addresses.length === 0) checks.declared.required(addressesPath);
  else if (addresses.length > addressesMax)
    checks.declared.add([tooMany(addressesPath, addresses.length, addressesMax)]);
  for (const [index, address] of addresses.entries())
    validateAddress(checks, { address, addressType }, [addressesPath, addressesPath.index(index)]);
  if (nodeName !== undefined)
    checks.each(path.child("nodeName"), nodeName, isDNS1123Subdomain(nodeName));
  const topologyPath = path.child("deprecatedTopology");
  const count = Object.keys(deprecatedTopology ?? {}).length;
  if (count > topologyLabelsMax) checks.add([tooMany(topologyPath, count, topologyLabelsMax)]);
  checks.add(validateLabels(deprecatedTopology ?? {}, topologyPath));
  if (hostname !== undefined)
    checks.each(path.child("hostname"), hostname, isDNS1123Label(hostname));
  if (hints !== undefined) validateHints(checks, hints, path.child("hints"));
}

/** Upstream reports a wrong family at the list, everything else at the item. */
function validateAddress(
  checks: FieldChecks,
  { address, addressType }: { address: string; addressType: string },
  [listPath, path]: readonly [Path, Path],
): void {
  if (addressType === "FQDN") fullyQualified(checks, path, address);
  if (addressType !== "IPv4" && addressType !== "IPv6") return;
  const errors = addressType === "IPv6" ? validateCanonicalIP(path, address) : [];
  if (errors.length > 0) {
    checks.add(errors);
    return;
  }
  const family = ipFamily(address);
  if (family !== undefined && family !== addressType)
    checks.invalid(listPath, address, `must be an ${addressType} address`);
  checks.add(validateEndpointIP(path, address));
}

function fullyQualified(checks: FieldChecks, path: Path, name: string): void {
  if (!checks.present(path, name)) return;
  const bare = name.replace(/\.$/, "");
  const sentences = isDNS1123Subdomain(bare);
  if (sentences.length > 0) {
    checks.invalid(path, bare, sentences.join(","));
    return;
  }
  const labels = bare.split(".");
  if (labels.length < 2) {
    checks.invalid(path, bare, "should be a domain with at least two segments separated by dots");
    return;
  }
  for (const label of labels) {
    const faults = isDNS1123Label(label);
    if (faults.length > 0) checks.invalid(path, label, faults.join(","));
  }
}

function validateHints(
  checks: FieldChecks,
  { forZones = [], forNodes = [] }: EndpointHints,
  path: Path,
): void {
  const kinds = [
    ["forZones", forZones, isLabelValue],
    ["forNodes", forNodes, isDNS1123Subdomain],
  ] as const;
  for (const [field, hints, check] of kinds) {
    if (hints.length > hintsMax) {
      checks.add([tooMany(path.child(field), hints.length, hintsMax)]);
      return;
    }
    const names = new Set<string>();
    for (const [index, { name = "" }] of hints.entries()) {
      const here = path.child(field).index(index).child("name");
      if (names.has(name)) checks.duplicate(here, name);
      names.add(name);
      checks.each(here, name, check(name));
    }
  }
}
