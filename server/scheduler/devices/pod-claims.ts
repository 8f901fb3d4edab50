/** The claims of a pod, as the scheduler finds them. */
import { isControlledBy } from "#apimachinery/controller-of.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { ResourceClaim } from "#gen/api/resource/v1.ts";
import { resourceClaimNameOf } from "#resources/core/v1/pod-claims.ts";

export type ClaimLookup = (namespace: string, name: string) => ResourceClaim | undefined;

export function isReservedFor({ status }: ResourceClaim, pod: Pod): boolean {
  return status.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) ?? false;
}

/** The claims in order, or, in upstream's words, why the pod cannot be tried yet. */
export function claimsOf(pod: Pod, lookup: ClaimLookup): readonly ResourceClaim[] | string {
  const { namespace = "", name: podName } = pod.metadata;
  const claims: ResourceClaim[] = [];
  for (const one of pod.spec.resourceClaims ?? []) {
    const claimName = resourceClaimNameOf(pod, one);
    if (claimName === undefined)
      return `pod "${namespace}/${podName}": ResourceClaim not created yet`;
    if (claimName === null) continue;
    const claim = lookup(namespace, claimName);
    if (claim === undefined) return `resourceclaim "${claimName}" not found`;
    if (claim.metadata.deletionTimestamp !== undefined)
      return `resourceclaim "${claimName}" is being deleted`;
    if (one.resourceClaimName === undefined && !isControlledBy(claim, pod))
      return `ResourceClaim ${namespace}/${claimName} was not created for Pod ${namespace}/${podName} (Pod is not owner)`;
    claims.push(claim);
  }
  return claims;
}
