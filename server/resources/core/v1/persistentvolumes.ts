import { roundResourceList } from "#apimachinery/resource-list.ts";
import { formatTime } from "#apimachinery/time.ts";
import { type PersistentVolume, persistentvolumes } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { persistentVolumeWarnings } from "#resources/warnings/persistent-volumes.ts";
import { accessModesCell } from "./access-modes.ts";
import { classNameOf } from "./claim-binding.ts";
import {
  validatePersistentVolume,
  validatePersistentVolumeUpdate,
} from "./persistent-volume-validation.ts";
import { defaultLegacySources } from "./pod-spec/volume-defaults.ts";

export const persistentVolumeResource = defineResource<PersistentVolume>({
  ref: persistentvolumes,
  warnings: (volume) => persistentVolumeWarnings(volume),
  validate: validatePersistentVolume,
  validateUpdate: validatePersistentVolumeUpdate,
  default: (volume) => {
    const { spec } = volume;
    volume.status ??= {};
    volume.status.phase ||= "Pending";
    spec.persistentVolumeReclaimPolicy ||= "Retain";
    spec.volumeMode ??= "Filesystem";
    roundResourceList(spec.capacity);
    defaultLegacySources(spec);
  },
  prepareForCreate: (volume, { now }) => {
    volume.status = { phase: "Pending", lastPhaseTransitionTime: formatTime(now) };
  },
  prepareForUpdate: keepStatus,
  prepareForStatusUpdate: (volume, old, { now }) => {
    volume.spec = old.spec;
    const { phase, lastPhaseTransitionTime: given } = volume.status;
    const before = old.status.lastPhaseTransitionTime;
    if (phase === old.status.phase) volume.status.lastPhaseTransitionTime = given ?? before;
    else if (given === undefined || given === before)
      volume.status.lastPhaseTransitionTime = formatTime(now);
  },
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
      classNameOf(object),
      spec.volumeAttributesClassName ?? "<unset>",
      status?.reason ?? "",
      age(object, context),
      spec.volumeMode ?? "<unset>",
    ];
  },
});
