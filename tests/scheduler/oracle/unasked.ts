/** Pods whose claims rule every node out before one is asked: upstream's words, or undefined. */
import type { Pod } from "#gen/api/core/v1.ts";
import type { Cluster } from "./cluster.ts";
import { unaskedForDevices } from "./dynamic-resources.ts";
import { claimNameOf, claimOf, isBound, noStorage, volumeOf, waitsForConsumer } from "./storage.ts";

export function unasked(pod: Pod, cluster: Cluster): string | undefined {
  return unaskedForVolumes(pod, cluster) ?? unaskedForDevices(pod, cluster);
}

function unaskedForVolumes(pod: Pod, { storage = noStorage }: Cluster): string | undefined {
  const volumes = (pod.spec.volumes ?? []).filter(
    (volume) => claimNameOf(pod, volume) !== undefined,
  );
  const claims = [];
  for (const volume of volumes) {
    const claim = claimOf(pod, volume, storage);
    const name = claimNameOf(pod, volume);
    if (claim === undefined && volume.ephemeral !== undefined)
      return `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
    if (claim === undefined) return `persistentvolumeclaim "${name}" not found`;
    if (claim.status?.phase === "Lost")
      return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec.volumeName}"`;
    if (claim.metadata.deletionTimestamp !== undefined)
      return `persistentvolumeclaim "${name}" is being deleted`;
    claims.push(claim);
  }
  if (claims.some((claim) => !isBound(claim) && !waitsForConsumer(claim, storage)))
    return "pod has unbound immediate PersistentVolumeClaims";
  const lost = claims.find((claim) => isBound(claim) && volumeOf(claim, storage) === undefined);
  return lost && `persistentvolume "${lost.spec.volumeName}" not found`;
}
