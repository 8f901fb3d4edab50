/** What a Pod's status says of the resource claims behind it. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import { isDNS1123Label, isDNS1123Subdomain } from "#apimachinery/validate.ts";
import type { PodSpec, PodStatus } from "#gen/api/core/v1.ts";

const statusPath = new Path("status");

export function claimStatuses(checks: FieldChecks, status: PodStatus, spec: PodSpec): void {
  const names = new Set<string>();
  for (const [index, claim] of (status.resourceClaimStatuses ?? []).entries()) {
    const path = statusPath.child("resourceClaimStatuses").index(index);
    const { name, resourceClaimName } = claim;
    if (!(spec.resourceClaims ?? []).some((one) => one.name === name))
      checks.invalid(
        path.child("name"),
        name,
        "must match the name of an entry in `spec.resourceClaims`",
      );
    if (names.has(name)) checks.duplicate(path.child("name"), name);
    names.add(name);
    if (resourceClaimName !== undefined)
      checks.each(
        path.child("resourceClaimName"),
        resourceClaimName,
        isDNS1123Subdomain(resourceClaimName),
      );
  }
  extendedClaim(checks, status, spec);
}

/** The claim that was made for extended resources, and which requests of it serve which container. */
function extendedClaim(checks: FieldChecks, status: PodStatus, spec: PodSpec): void {
  const claim = status.extendedResourceClaimStatus;
  if (claim === undefined) return;
  const path = statusPath.child("extendedResourceClaimStatus");
  const containers = new Map(
    [...(spec.initContainers ?? []), ...spec.containers].map((one) => [one.name, one]),
  );
  const mappings = claim.requestMappings ?? [];
  if (mappings.length === 0)
    checks.required(path.child("requestMappings"), "at least one request mapping is required");
  const seen = new Set<string>();
  for (const [index, { containerName, resourceName, requestName }] of mappings.entries()) {
    const here = path.child("requestMappings").index(index);
    const container = containers.get(containerName);
    if (container === undefined)
      checks.invalid(
        here.child("containerName"),
        containerName,
        "must match the name of an entry in spec.initContainers.name or spec.containers.name",
      );
    else if (container.resources?.requests?.[resourceName] === undefined)
      checks.invalid(
        here.child("resourceName"),
        resourceName,
        "must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests",
      );
    checks.each(path.child("requestName"), requestName, isDNS1123Label(requestName));
    const key = JSON.stringify([containerName, resourceName, requestName]);
    if (seen.has(key)) {
      checks.duplicate(here.child("containerName"), containerName);
      checks.duplicate(here.child("resourceName"), resourceName);
      checks.duplicate(here.child("requestName"), requestName);
    }
    seen.add(key);
  }
  const { resourceClaimName } = claim;
  const namePath = path.child("resourceClaimName");
  if (checks.present(namePath, resourceClaimName))
    checks.each(namePath, resourceClaimName, isDNS1123Subdomain(resourceClaimName));
}
