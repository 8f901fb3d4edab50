/** Disks that pods of one node may not share (VolumeRestrictions). */
import type { PodSpec, Volume } from "#gen/api/core/v1.ts";

export interface Disk {
  readonly id: string;
  /** Shared by readers. */
  readonly readOnly: boolean;
}

function diskOf({ gcePersistentDisk, awsElasticBlockStore, iscsi, rbd }: Volume): Disk[] {
  if (gcePersistentDisk !== undefined)
    return [
      { id: `gce ${gcePersistentDisk.pdName}`, readOnly: gcePersistentDisk.readOnly ?? false },
    ];
  // Attached to one pod of a node only, whoever reads.
  if (awsElasticBlockStore !== undefined)
    return [{ id: `aws ${awsElasticBlockStore.volumeID}`, readOnly: false }];
  if (iscsi !== undefined) return [{ id: `iscsi ${iscsi.iqn}`, readOnly: iscsi.readOnly ?? false }];
  if (rbd === undefined) return [];
  const { monitors, pool, image, readOnly } = rbd;
  return monitors.map((monitor) => ({
    id: `rbd ${monitor} ${pool ?? "rbd"} ${image}`,
    readOnly: readOnly ?? false,
  }));
}

export function disksOf({ volumes = [] }: PodSpec): Disk[] {
  return volumes.flatMap(diskOf);
}
