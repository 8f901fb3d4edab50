/** Which claims a pod uses: those that it names, and those that are made for its ephemeral volumes. */
import { objectKey } from "#client/store.ts";
import type { PersistentVolumeClaim, Pod, Volume } from "#gen/api/core/v1.ts";
import { controllerOf } from "./owner-references.ts";

/** Index of pods by the keys of their claims. */
export const byClaim = "claim";

/** The claim of a generic ephemeral volume. */
export const ephemeralClaimName = (pod: Pod, { name }: Volume): string =>
  `${pod.metadata.name}-${name}`;

/** The name of the claim behind a volume; undefined: it has none. */
function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim !== undefined) return volume.persistentVolumeClaim.claimName;
  return volume.ephemeral === undefined ? undefined : ephemeralClaimName(pod, volume);
}

/** `NAMESPACE/NAME` of each. */
export function claimKeysOf(pod: Pod): readonly string[] {
  const { namespace = "" } = pod.metadata;
  return (pod.spec.volumes ?? []).flatMap((volume) => {
    const name = claimNameOf(pod, volume);
    return name === undefined ? [] : [objectKey(namespace, name)];
  });
}

/** A claim of the name that an ephemeral volume gives may be somebody else's. */
export function isOwnClaim({ metadata: pod }: Pod, claim: PersistentVolumeClaim): boolean {
  return pod.namespace === claim.metadata.namespace && controllerOf(claim)?.uid === pod.uid;
}

/** The claim behind a volume of a pod. */
export function claimOfVolume(
  pod: Pod,
  volume: Volume,
  get: (namespace: string, name: string) => PersistentVolumeClaim | undefined,
): PersistentVolumeClaim | undefined {
  const name = claimNameOf(pod, volume);
  if (name === undefined) return undefined;
  const claim = get(pod.metadata.namespace ?? "", name);
  if (claim === undefined || volume.ephemeral === undefined) return claim;
  return isOwnClaim(pod, claim) ? claim : undefined;
}
