import { type PersistentVolume, persistentvolumes } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { accessModesCell } from "./access-modes.ts";

export const persistentVolumeResource = defineResource<PersistentVolume>({
  ref: persistentvolumes,
  hasGeneration: false,
  cells: (object, context) => {
    const { spec, status, metadata } = object;
    const deleted = metadata.deletionTimestamp !== undefined;
    const claim = spec.claimRef;
    return [
      metadata.name,
      spec.capacity?.["storage"] ?? "0",
      accessModesCell(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? "",
      deleted ? "Terminating" : (status?.phase ?? ""),
      claim === undefined ? "" : `${claim.namespace ?? ""}/${claim.name ?? ""}`,
      metadata.annotations?.["volume.beta.kubernetes.io/storage-class"] ??
        spec.storageClassName ??
        "",
      spec.volumeAttributesClassName ?? "<unset>",
      status?.reason ?? "",
      age(object, context),
      spec.volumeMode ?? "<unset>",
    ];
  },
});
