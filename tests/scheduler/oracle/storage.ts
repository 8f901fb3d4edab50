/** Claims, volumes and what is known of both, as the API gives them. */
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from "#gen/api/core/v1.ts";
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass } from "#gen/api/storage/v1.ts";

export interface Storage {
  readonly claims: readonly PersistentVolumeClaim[];
  readonly volumes: readonly PersistentVolume[];
  readonly classes: readonly StorageClass[];
  readonly drivers: readonly CSIDriver[];
  readonly csiNodes: readonly CSINode[];
  readonly capacities: readonly CSIStorageCapacity[];
  /** Attached without a pod: on its way, or somebody else's. */
  readonly attachments: readonly Attachment[];
}

export interface Attachment {
  readonly name: string;
  readonly nodeName: string;
  readonly driver: string;
  readonly volume: PersistentVolume;
}

export const noStorage: Storage = {
  claims: [],
  volumes: [],
  classes: [],
  drivers: [],
  csiNodes: [],
  capacities: [],
  attachments: [],
};

export const zoneKeys = ["zone", "region"].flatMap((what) => [
  `topology.kubernetes.io/${what}`,
  `failure-domain.beta.kubernetes.io/${what}`,
]);

/** The claim that a volume of the pod uses; undefined: it uses none. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.ephemeral !== undefined) return `${pod.metadata.name}-${volume.name}`;
  return volume.persistentVolumeClaim?.claimName;
}

export function claimOf(
  pod: Pod,
  volume: Volume,
  { claims }: Storage,
): PersistentVolumeClaim | undefined {
  const name = claimNameOf(pod, volume);
  return claims.find(
    ({ metadata }) => metadata.name === name && metadata.namespace === pod.metadata.namespace,
  );
}

/** The pod's claims that there are. */
export function claimsOf(pod: Pod, storage: Storage): PersistentVolumeClaim[] {
  return (pod.spec.volumes ?? []).flatMap((volume) => claimOf(pod, volume, storage) ?? []);
}

/** A volume is its claim's once both say so and the claim says that it is done. */
export function isBound({ metadata, spec }: PersistentVolumeClaim): boolean {
  const done = metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined;
  return done && Boolean(spec.volumeName);
}

export function classOf(claim: PersistentVolumeClaim, { classes }: Storage) {
  return classes.find(({ metadata }) => metadata.name === claim.spec.storageClassName);
}

export function waitsForConsumer(claim: PersistentVolumeClaim, storage: Storage): boolean {
  const mode = classOf(claim, storage)?.volumeBindingMode;
  return !claim.spec.volumeName && mode === "WaitForFirstConsumer";
}

export function volumeOf({ spec }: PersistentVolumeClaim, { volumes }: Storage) {
  return volumes.find(({ metadata }) => metadata.name === spec.volumeName);
}
