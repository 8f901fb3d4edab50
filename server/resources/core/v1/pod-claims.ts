/** Which claims a pod uses: those that it names, those made for its ephemeral volumes, and claims for devices. */
import { isControlledBy } from "#apimachinery/controller-of.ts";
import type { PersistentVolumeClaim, Pod, PodResourceClaim, Volume } from "#gen/api/core/v1.ts";

type PodPart = Pick<Pod, "metadata" | "spec">;

/** The claim of a generic ephemeral volume. */
export const ephemeralClaimName = (
  { metadata }: Pick<Pod, "metadata">,
  { name }: Pick<Volume, "name">,
): string => `${metadata.name}-${name}`;

/** The name of the claim behind a volume; undefined: it has none. */
export function claimNameOf(pod: PodPart, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral === undefined ? undefined : ephemeralClaimName(pod, volume);
}

/** One a volume that has a claim. */
export function claimNamesOf(pod: PodPart): readonly string[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => claimNameOf(pod, volume) ?? []);
}

/** A claim of the name that an ephemeral volume gives may be somebody else's. */
export function isOwnClaim(pod: Pod, claim: PersistentVolumeClaim): boolean {
  return pod.metadata.namespace === claim.metadata.namespace && isControlledBy(claim, pod);
}

/** The claim for devices; undefined: not made yet; null: found not to be needed. */
export function resourceClaimNameOf(
  { status }: Pod,
  { name, resourceClaimName }: PodResourceClaim,
): string | null | undefined {
  if (resourceClaimName !== undefined) return resourceClaimName;
  const made = status?.resourceClaimStatuses?.find((one) => one.name === name);
  return made === undefined ? undefined : (made.resourceClaimName ?? null);
}

/** Of the claims for devices that are known by now. */
export function resourceClaimNamesOf(pod: Pod): readonly string[] {
  return (pod.spec.resourceClaims ?? []).flatMap((one) => resourceClaimNameOf(pod, one) ?? []);
}

/** The same, and the one that the scheduler made for extended resources that devices serve. */
export function deviceClaimNamesOf(pod: Pod): readonly string[] {
  const extended = pod.status?.extendedResourceClaimStatus?.resourceClaimName;
  const named = resourceClaimNamesOf(pod);
  return extended === undefined ? named : [...named, extended];
}
