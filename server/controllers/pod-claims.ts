/** Which claims a pod uses: those that it names, and those that are made for its ephemeral volumes. */
import { objectKey } from "#client/store.ts";
import type { Pod, Volume } from "#gen/api/core/v1.ts";

/** Index of pods by the keys of their claims. */
export const byClaim = "claim";

/** The claim of a generic ephemeral volume. */
export const ephemeralClaimName = (pod: Pod, { name }: Volume): string =>
  `${pod.metadata.name}-${name}`;

/** The name of the claim behind a volume; undefined: it has none. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
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
