/** A volume serves its claim, and is given back, kept or removed when that has gone. */
import { type Effect, event, update } from "#controllers/effects.ts";
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  persistentvolumes,
} from "#gen/api/core/v1.ts";
import { volumePhase } from "./bind.ts";
import {
  boundByController,
  externalProvisioner,
  markOf,
  migratedTo,
  provisionedBy,
} from "./marks.ts";
import { sameMode } from "./matching.ts";

/** `claim`: the very one that the volume refers to, looked up live before it is said to have gone. */
export function reconcileVolume(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim | undefined,
  /** Pods that use the claim of this name, whichever it is. */
  users: readonly string[],
): readonly Effect[] {
  const { claimRef } = volume.spec;
  if (claimRef === undefined || (claimRef.uid ?? "") === "")
    return volumePhase(volume, "Available");
  if (claim === undefined) return release(volume, users);
  const { volumeName = "" } = claim.spec;
  if (volumeName === volume.metadata.name) return volumePhase(volume, "Bound");
  // The claim binds them, woken by the same change.
  if (volumeName === "") return sameMode(claim, volume) ? [] : modeEvents(volume, claim);
  const made = markOf(volume, provisionedBy) !== undefined;
  const goes = made && volume.spec.persistentVolumeReclaimPolicy === "Delete";
  return goes ? release(volume, users) : unbind(volume);
}

function modeEvents(volume: PersistentVolume, claim: PersistentVolumeClaim): readonly Effect[] {
  const why = "due to incompatible volumeMode.";
  const forClaim = `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim.metadata.name}" ${why}`;
  const forVolume = `Cannot bind PersistentVolume "${volume.metadata.name}" to requested PersistentVolumeClaim ${why}`;
  return [
    event(volume, "Warning", "VolumeMismatch", forClaim),
    event(claim, "Warning", "VolumeMismatch", forVolume),
  ];
}

/** The claim has taken another one. What a user wrote into the volume stays, but for the uid. */
function unbind(volume: PersistentVolume): readonly Effect[] {
  const { metadata, spec } = volume;
  const { claimRef, ...free } = spec;
  if (markOf(volume, boundByController) === undefined) {
    const { uid: _, ...named } = claimRef ?? {};
    return [update(persistentvolumes, { ...volume, spec: { ...spec, claimRef: named } })];
  }
  const { [boundByController]: _, ...annotations } = metadata.annotations ?? {};
  return [
    update(persistentvolumes, { ...volume, metadata: { ...metadata, annotations }, spec: free }),
  ];
}

const isOver = ({ status }: PersistentVolume): boolean =>
  status?.phase === "Released" || status?.phase === "Failed";

/** First it says so; what follows is the policy's. */
function release(volume: PersistentVolume, users: readonly string[]): readonly Effect[] {
  if (!isOver(volume)) return volumePhase(volume, "Released");
  const policy = volume.spec.persistentVolumeReclaimPolicy;
  if (markOf(volume, migratedTo) !== undefined || policy === "Retain") return [];
  if (policy === "Delete") return removal(volume);
  if (policy !== "Recycle") {
    const message = "Volume has unrecognized PersistentVolumeReclaimPolicy";
    return failed(volume, "VolumeUnknownReclaimPolicy", message);
  }
  if (users.length > 0) {
    const message = `Volume is used by pods: ${users.join(",")}`;
    return [event(volume, "Normal", "VolumeFailedRecycle", message)];
  }
  return failed(volume, "VolumeFailedRecycle", "No recycler plugin found for the volume!");
}

function failed(volume: PersistentVolume, reason: string, message: string): readonly Effect[] {
  if (volume.status?.phase === "Failed") return [];
  return [...volumePhase(volume, "Failed", message), event(volume, "Warning", reason, message)];
}

/** Who made it removes it; none of those that must be built in is ours. */
function removal(volume: PersistentVolume): readonly Effect[] {
  const { metadata, spec } = volume;
  const maker = markOf(volume, provisionedBy) ?? "";
  if (maker !== "") {
    if (externalProvisioner(maker) !== undefined) return [];
    return failed(volume, "VolumeFailedDelete", `no volume plugin matched name: ${maker}`);
  }
  if (spec.csi !== undefined) return [];
  const known = spec.hostPath !== undefined || spec.nfs !== undefined;
  const why = known ? "no deletable volume plugin matched" : "no volume plugin matched";
  const message = `error getting deleter volume plugin for volume "${metadata.name}": ${why}`;
  return failed(volume, "VolumeFailedDelete", message);
}
