/** A Pod's status on update: what kubelets and schedulers may report. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { ipFamily, validateIP } from "#apimachinery/ip.ts";
import { isDNS1123Subdomain, isQualifiedName, validateImmutable } from "#apimachinery/validate.ts";
import type { Pod, PodStatus } from "#gen/api/core/v1.ts";
import { claimStatuses } from "./claim-statuses.ts";
import { allocatedResources, containerUsers } from "./container-statuses.ts";
import { restartTransitions } from "./restart-transition.ts";
import { annotationUpdates } from "./validate-annotations.ts";

const statusPath = new Path("status");
const ownConditions: ReadonlySet<string> = new Set(["PodScheduled", "Ready", "Initialized"]);
const generationSentence = "must be a non-negative integer";

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const checks = new FieldChecks();
  const { spec, status = {} } = pod;
  const before = old.status ?? {};
  annotationUpdates(checks, pod, old);
  conditions(checks, status);
  nomination(checks, pod, old);
  if ((status.observedGeneration ?? 0) < 0)
    checks.invalid(
      statusPath.child("observedGeneration"),
      status.observedGeneration,
      generationSentence,
    );
  checks.add(validateImmutable(status.qosClass, before.qosClass, statusPath.child("qosClass")));
  restartTransitions(checks, { status, before, spec: old.spec });
  claimStatuses(checks, status, spec);
  podAddresses(checks, status, before);
  hostAddresses(checks, status, before);
  for (const list of [
    "containerStatuses",
    "initContainerStatuses",
    "ephemeralContainerStatuses",
  ] as const)
    containerUsers(checks, { statuses: status[list], spec }, statusPath.child(list));
  const lists = {
    containerStatuses: "containers",
    initContainerStatuses: "initContainers",
  } as const;
  for (const list of ["containerStatuses", "initContainerStatuses"] as const) {
    const allocated = { statuses: status[list], containers: spec[lists[list]], pod: status };
    allocatedResources(checks, allocated, statusPath.child(list));
  }
  const passing = statusPath.child("ephemeralContainerStatuses");
  for (const [index, one] of (status.ephemeralContainerStatuses ?? []).entries())
    if ((one.allocatedResourcesStatus ?? []).length > 0)
      checks.forbidden(
        passing.index(index).child("allocatedResourcesStatus"),
        "must not be specified in container status",
      );
  return checks.errors;
}

function conditions(checks: FieldChecks, status: PodStatus): void {
  for (const [index, { type, observedGeneration = 0 }] of (status.conditions ?? []).entries()) {
    const path = statusPath.child("conditions").index(index);
    if (observedGeneration < 0)
      checks.invalid(path.child("observedGeneration"), observedGeneration, generationSentence);
    // Upstream's own spelling of the path.
    if (!ownConditions.has(type)) checks.each(path.child("Type"), type, isQualifiedName(type));
  }
}

/** Where a Pod shall go once room is made there. */
function nomination(checks: FieldChecks, { status }: Pod, old: Pod): void {
  const name = status?.nominatedNodeName ?? "";
  if (name === "" || name === (old.status?.nominatedNodeName ?? "")) return;
  const path = statusPath.child("nominatedNodeName");
  checks.each(path, name, isDNS1123Subdomain(name));
  if (old.spec.nodeName)
    checks.forbidden(path, "may not be set on pods that are already bound to a node");
}

function podAddresses(checks: FieldChecks, status: PodStatus, before: PodStatus): void {
  const path = statusPath.child("podIPs");
  const { podIP = "", podIPs = [] } = status;
  addresses(checks, { listed: podIPs, before: before.podIPs }, path);
  const [first] = podIPs;
  if ((podIP === "") !== (first === undefined))
    checks.invalid(path, podIPs, "podIP and podIPs must either both be set or both be unset");
  else if (first !== undefined && podIP !== first.ip)
    checks.invalid(path.index(0).child("ip"), first.ip, "must be equal to `podIP`");
}

function hostAddresses(checks: FieldChecks, status: PodStatus, before: PodStatus): void {
  const path = statusPath.child("hostIPs");
  const { hostIP = "", hostIPs = [] } = status;
  const [first] = hostIPs;
  if (first === undefined) return;
  if (hostIP !== first.ip)
    checks.invalid(path.index(0).child("ip"), first.ip, "must be equal to `hostIP`");
  addresses(checks, { listed: hostIPs, before: before.hostIPs }, path);
}

interface Addresses {
  readonly listed: readonly { readonly ip: string }[];
  readonly before: readonly { readonly ip: string }[] | undefined;
}

/** At most one of each family; a bad one that was there may stay. */
function addresses(checks: FieldChecks, { listed, before = [] }: Addresses, path: Path): void {
  for (const [index, { ip }] of listed.entries())
    if (!before.some((known) => known.ip === ip)) checks.add(validateIP(path.index(index), ip));
  if (listed.length < 2) return;
  const families = listed.map(({ ip }) => ipFamily(ip));
  const unread = families.indexOf(undefined);
  if (unread >= 0)
    checks.errors.push({
      reason: "InternalError",
      field: path.text,
      message: `Internal error: failed to check for dual stack with error:invalid IP[${unread}]: ${listed[unread]?.ip}`,
    });
  if (unread >= 0 || new Set(families).size < 2 || listed.length > 2)
    checks.invalid(path, listed, "may specify no more than one IP for each IP family");
}
