/** Validation of Endpoints. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { ipFamily, validateIP } from "#apimachinery/ip.ts";
import { isDNS1123Subdomain, isPortNumber, isQualifiedName } from "#apimachinery/validate.ts";
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from "#gen/api/core/v1.ts";
import { validateEndpointIP } from "./service-addresses.ts";

export function validateEndpoints(endpoints: Endpoints, old?: Endpoints): FieldError[] {
  const checks = new FieldChecks();
  // What was accepted once is not judged again.
  if (old !== undefined && deepEqual(old.subsets, endpoints.subsets)) return checks.errors;
  for (const [index, subset] of (endpoints.subsets ?? []).entries())
    validateSubset(checks, subset, new Path("subsets").index(index));
  return checks.errors;
}

function validateSubset(checks: FieldChecks, subset: EndpointSubset, path: Path): void {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset;
  if (addresses.length === 0 && notReadyAddresses.length === 0)
    checks.required(path, "must specify `addresses` or `notReadyAddresses`");
  for (const [field, list] of Object.entries({ addresses, notReadyAddresses }))
    for (const [index, address] of list.entries())
      validateAddress(checks, address, path.child(field).index(index));
  for (const [index, port] of ports.entries())
    validatePort(checks, port, { path: path.child("ports").index(index), named: ports.length > 1 });
}

function validateAddress(checks: FieldChecks, address: EndpointAddress, path: Path): void {
  const { ip = "", hostname, nodeName } = address;
  const ipPath = path.child("ip");
  checks.add(validateIP(ipPath, ip));
  if (hostname) checks.label(path.child("hostname"), hostname);
  if (nodeName !== undefined)
    checks.each(path.child("nodeName"), nodeName, isDNS1123Subdomain(nodeName));
  if (ipFamily(ip) === undefined) checks.invalid(ipPath, ip, "must be a valid IP address");
  else checks.add(validateEndpointIP(ipPath, ip));
}

function validatePort(
  checks: FieldChecks,
  { name = "", port = 0, protocol, appProtocol }: EndpointPort,
  { path, named }: { readonly path: Path; readonly named: boolean },
): void {
  if (name !== "") checks.label(path.child("name"), name);
  else if (named) checks.required(path.child("name"));
  checks.each(path.child("port"), port, isPortNumber(port));
  checks.presentOneOf(path.child("protocol"), protocol, ["SCTP", "TCP", "UDP"]);
  if (appProtocol !== undefined)
    checks.each(path.child("appProtocol"), appProtocol, isQualifiedName(appProtocol));
}
