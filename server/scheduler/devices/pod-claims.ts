/** The claims of a pod, as the scheduler finds them. */
import type { Pod } from "#gen/api/core/v1.ts";
import type { ResourceClaim } from "#gen/api/resource/v1.ts";

export type ClaimLookup = (namespace: string, name: string) => ResourceClaim | undefined;

/** Names of the claims that the pod needs and that are known by now. */
export function claimNames({ spec, status }: Pod): string[] {
  return (spec.resourceClaims ?? []).flatMap(({ name, resourceClaimName }) => {
    if (resourceClaimName !== undefined) return [resourceClaimName];
    const made = status?.resourceClaimStatuses?.find((one) => one.name === name);
    // One that says nothing was found not to be needed.
    return made?.resourceClaimName ?? [];
  });
}

export function isReservedFor({ status }: ResourceClaim, pod: Pod): boolean {
  return status.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) ?? false;
}

/** The claims in order, or, in upstream's words, why the pod cannot be tried yet. */
export function claimsOf(pod: Pod, lookup: ClaimLookup): readonly ResourceClaim[] | string {
  const { namespace = "", name: podName, uid } = pod.metadata;
  const claims: ResourceClaim[] = [];
  for (const { name, resourceClaimName } of pod.spec.resourceClaims ?? []) {
    const made = pod.status?.resourceClaimStatuses?.find((one) => one.name === name);
    if (resourceClaimName === undefined && made === undefined)
      return `pod "${namespace}/${podName}": ResourceClaim not created yet`;
    const claimName = resourceClaimName ?? made?.resourceClaimName;
    if (claimName === undefined) continue;
    const claim = lookup(namespace, claimName);
    if (claim === undefined) return `resourceclaim "${claimName}" not found`;
    if (claim.metadata.deletionTimestamp !== undefined)
      return `resourceclaim "${claimName}" is being deleted`;
    const owner = claim.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (resourceClaimName === undefined && owner?.uid !== uid)
      return `ResourceClaim ${namespace}/${claimName} was not created for Pod ${namespace}/${podName} (Pod is not owner)`;
    claims.push(claim);
  }
  return claims;
}
