/** Pods by the claims that they use, volumes by the claim that they serve. */
import { objectKey } from "#client/store.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from "#gen/api/core/v1.ts";
import { claimNameOf, claimNamesOf, isOwnClaim } from "#resources/core/v1/pod-claims.ts";

/** Index of pods by the keys of their claims. */
export const byClaim = "claim";

/** `NAMESPACE/NAME` of each. */
export function claimKeysOf(pod: Pod): readonly string[] {
  const { namespace = "" } = pod.metadata;
  return claimNamesOf(pod).map((name) => objectKey(namespace, name));
}

/** `NAMESPACE/NAME`; undefined: the volume is free. */
export function claimKeyOf({ spec: { claimRef } }: PersistentVolume): string | undefined {
  if (claimRef === undefined) return undefined;
  return objectKey(claimRef.namespace ?? "", claimRef.name ?? "");
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
