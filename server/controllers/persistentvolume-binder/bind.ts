/**
 * Binding is four writes: the volume names the claim, says Bound, the claim names the volume, says Bound. Each
 * reconcile makes the first that is missing; what it changes wakes the next one. Whoever dies in between leaves a
 * state that anybody can go on from.
 */
import { meansTheSame } from "#apimachinery/deep-equal.ts";
import { compareQuantity, parseQuantity } from "#apimachinery/quantity.ts";
import { type Effect, update, updateStatus } from "#controllers/effects.ts";
import {
  type PersistentVolume,
  type PersistentVolumeClaim,
  type PersistentVolumeClaimStatus,
  persistentvolumeclaims,
  persistentvolumes,
} from "#gen/api/core/v1.ts";
import { bindCompleted, isReservedFor } from "#resources/core/v1/claim-binding.ts";
import { boundByController, markOf } from "./marks.ts";

/** On a volume that grew before its claim was bound: the size that the claim's file system has yet. */
const preResizeCapacity = "volume.alpha.kubernetes.io/pre-resize-capacity";

export function marked<T extends PersistentVolume | PersistentVolumeClaim>(
  object: T,
  marks: Readonly<Record<string, string>>,
): T {
  const { metadata } = object;
  return {
    ...object,
    metadata: { ...metadata, annotations: { ...metadata.annotations, ...marks } },
  };
}

export function bind(volume: PersistentVolume, claim: PersistentVolumeClaim): readonly Effect[] {
  const named = volumeNaming(volume, claim);
  if (named !== volume) return [update(persistentvolumes, named)];
  const phase = volumePhase(volume, "Bound");
  if (phase.length > 0) return phase;
  const naming = claimNaming(claim, volume);
  if (naming !== claim) return [update(persistentvolumeclaims, naming)];
  return claimStatus(claim, "Bound", volume);
}

function volumeNaming(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { name, namespace, uid, resourceVersion } = claim.metadata;
  const ours = isReservedFor(volume, claim) || markOf(volume, boundByController) !== undefined;
  const complete = volume.spec.claimRef?.uid === uid && isReservedFor(volume, claim);
  if (complete && ours) return volume;
  const next = ours ? volume : marked(volume, { [boundByController]: "yes" });
  if (complete) return next;
  const kind = "PersistentVolumeClaim";
  const claimRef = { apiVersion: "v1", kind, namespace, name, uid, resourceVersion };
  return { ...next, spec: { ...next.spec, claimRef } };
}

function claimNaming(
  claim: PersistentVolumeClaim,
  { metadata: { name } }: PersistentVolume,
): PersistentVolumeClaim {
  const names = claim.spec.volumeName === name;
  if (names && markOf(claim, bindCompleted) !== undefined) return claim;
  const chosen = names ? {} : { [boundByController]: "yes" };
  const next = marked(claim, { ...chosen, [bindCompleted]: "yes" });
  return names ? next : { ...next, spec: { ...next.spec, volumeName: name } };
}

export function volumePhase(
  volume: PersistentVolume,
  phase: "Available" | "Bound" | "Released" | "Failed",
  message = "",
): readonly Effect[] {
  if (volume.status?.phase === phase) return [];
  const { message: _, ...kept } = volume.status ?? {};
  const status = { ...kept, phase, ...(message === "" ? {} : { message }) };
  return [updateStatus(persistentvolumes, { ...volume, status })];
}

type ClaimPhase = "Pending" | "Bound" | "Lost";

/** `volume`: the one that the claim has, if any. */
export function claimStatus(
  claim: PersistentVolumeClaim,
  phase: ClaimPhase,
  volume?: PersistentVolume,
): readonly Effect[] {
  const old = claim.status ?? {};
  const {
    accessModes: _modes,
    capacity: _capacity,
    currentVolumeAttributesClassName: _attributes,
    ...bare
  } = old;
  const status: PersistentVolumeClaimStatus =
    volume === undefined ? { ...bare, phase } : { ...old, phase, ...taken(old, phase, volume) };
  if (meansTheSame(status, old)) return [];
  return [updateStatus(persistentvolumeclaims, { ...claim, status })];
}

function taken(
  old: PersistentVolumeClaimStatus,
  phase: ClaimPhase,
  { metadata, spec }: PersistentVolume,
): PersistentVolumeClaimStatus {
  const accessModes = { accessModes: spec.accessModes };
  // Later changes of size and attributes are those of the resizer and the modifier.
  if (old.phase === phase) return accessModes;
  const pending = old.phase === "Pending" && phase === "Bound";
  const attributes = pending
    ? { currentVolumeAttributesClassName: spec.volumeAttributesClassName }
    : {};
  return { ...accessModes, ...attributes, ...capacityTaken(old, metadata.annotations, spec) };
}

function capacityTaken(
  { capacity }: PersistentVolumeClaimStatus,
  annotations: Readonly<Record<string, string>> = {},
  spec: PersistentVolume["spec"],
): PersistentVolumeClaimStatus {
  const before = annotations[preResizeCapacity];
  if (before !== undefined) return { capacity: { ...capacity, storage: before } };
  const known = capacity?.["storage"];
  const said = parseQuantity(spec.capacity?.["storage"] ?? "0");
  const same = known !== undefined && compareQuantity(parseQuantity(known), said) === 0;
  return same ? {} : { capacity: spec.capacity };
}
