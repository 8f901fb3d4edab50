/** Statuses of containers: who runs in them, and how the devices given to them are. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { type Path, tooLong } from "#apimachinery/field-error.ts";
import { isInRange, isUnixId } from "#apimachinery/validate.ts";
import type {
  Container,
  ContainerStatus,
  PodSpec,
  PodStatus,
  ResourceStatus,
} from "#gen/api/core/v1.ts";

const uidMax = 2 ** 32 - 1;
const healths = ["Healthy", "Unhealthy", "Unknown"];
const messageBytesMax = 1024;

/** Upstream lets a runtime report any uid of Linux, but groups only as a Pod may ask for them. */
export function containerUsers(
  checks: FieldChecks,
  { statuses = [], spec }: { statuses: readonly ContainerStatus[] | undefined; spec: PodSpec },
  path: Path,
): void {
  const os = spec.os?.name ?? "linux";
  for (const [index, { user }] of statuses.entries()) {
    if (user?.linux === undefined) continue;
    const here = path.index(index).child("user", "linux");
    const { uid, gid, supplementalGroups = [] } = user.linux;
    if (os === "windows") checks.forbidden(here, "cannot be set for a windows pod");
    if (os !== "linux") continue;
    checks.each(here.child("uid"), uid, isInRange(uid, 0, uidMax));
    checks.each(here.child("gid"), gid, isUnixId(gid));
    for (const [position, group] of supplementalGroups.entries())
      checks.each(here.child("supplementalGroups").index(position), group, isUnixId(group));
  }
}

interface Allocated {
  readonly statuses: readonly ContainerStatus[] | undefined;
  readonly containers: readonly Container[] | undefined;
  readonly pod: PodStatus;
}

export function allocatedResources(
  checks: FieldChecks,
  { statuses = [], containers = [], pod }: Allocated,
  path: Path,
): void {
  for (const [index, status] of statuses.entries()) {
    const container = containers.find(({ name }) => name === status.name);
    for (const [position, resource] of (status.allocatedResourcesStatus ?? []).entries()) {
      const here = path.index(index).child("allocatedResourcesStatus").index(position);
      const { name } = resource;
      if (container !== undefined && !isAskedFor(name, container, pod))
        checks.invalid(
          here.child("name"),
          name,
          name.startsWith("claim:")
            ? "must match one of the container's resource claims as 'claim:<claimName>/<requestName>', or 'claim:<claimName>' where no request is named"
            : "must match one of the container's resource requests",
        );
      healthOf(checks, resource, here.child("resources"));
    }
  }
}

/** `claim:NAME`, `claim:NAME/REQUEST`, or a resource that is requested. */
function isAskedFor(name: string, { name: own, resources }: Container, pod: PodStatus): boolean {
  const requests = resources?.requests ?? {};
  if (!name.startsWith("claim:")) return requests[name] !== undefined;
  const claims = resources?.claims ?? [];
  const named = claims.map((claim) =>
    claim.request ? `claim:${claim.name}/${claim.request}` : `claim:${claim.name}`,
  );
  if (named.includes(name)) return true;
  const extended = pod.extendedResourceClaimStatus;
  const [claim = "", request = ""] = name.slice("claim:".length).split("/");
  if (extended === undefined || request === "" || claim !== extended.resourceClaimName)
    return false;
  return (extended.requestMappings ?? []).some(
    ({ containerName, requestName, resourceName }) =>
      containerName === own &&
      requestName === request &&
      !["0", undefined].includes(requests[resourceName]),
  );
}

function healthOf(checks: FieldChecks, { resources = [] }: ResourceStatus, path: Path): void {
  const ids = new Set<string>();
  for (const [index, { health, message, resourceID }] of resources.entries()) {
    const here = path.index(index);
    checks.oneOf(here.child("health"), health, healths);
    if (message === "") checks.required(here.child("message"), "must be non-empty if specified");
    else if (message !== undefined && Buffer.byteLength(message) > messageBytesMax)
      checks.add([tooLong(here.child("message"), messageBytesMax)]);
    if (ids.has(resourceID)) checks.duplicate(here.child("resourceID"), resourceID);
    ids.add(resourceID);
  }
}
