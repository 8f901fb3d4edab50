/** Which volume a claim gets: of those that fit the smallest; one that was meant for it before all others. */
import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { compareQuantity, parseQuantity, type Quantity } from "#apimachinery/quantity.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "#gen/api/core/v1.ts";
import { classNameOf, isReservedFor } from "#resources/core/v1/claim-binding.ts";

const sizeOf = (list: Readonly<Record<string, string>> | undefined): Quantity =>
  parseQuantity(list?.["storage"] ?? "0");

const capacityOf = ({ spec }: PersistentVolume): Quantity => sizeOf(spec.capacity);

export function sameMode(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const standard = "Filesystem";
  return (claim.spec.volumeMode ?? standard) === (volume.spec.volumeMode ?? standard);
}

const sameAttributes = (claim: PersistentVolumeClaim, volume: PersistentVolume): boolean =>
  (claim.spec.volumeAttributesClassName ?? "") === (volume.spec.volumeAttributesClassName ?? "");

function offersModes(volume: PersistentVolume, { spec }: PersistentVolumeClaim): boolean {
  const offered = volume.spec.accessModes ?? [];
  return (spec.accessModes ?? []).every((mode) => offered.includes(mode));
}

const isLeaving = ({ metadata }: PersistentVolume): boolean =>
  metadata.deletionTimestamp !== undefined;

const isLargeEnough = (claim: PersistentVolumeClaim, volume: PersistentVolume): boolean =>
  compareQuantity(capacityOf(volume), sizeOf(claim.spec.resources?.requests)) >= 0;

/** Why the volume that a claim names is not for it; upstream's sentences. */
export function mismatch(
  volume: PersistentVolume,
  claim: PersistentVolumeClaim,
): string | undefined {
  const { name } = volume.metadata;
  if (isLeaving(volume)) return `the volume is marked for deletion "${name}"`;
  if (!isLargeEnough(claim, volume)) return "requested PV is too small";
  if (classNameOf(volume) !== classNameOf(claim)) return "storageClassName does not match";
  if (!sameAttributes(claim, volume)) return "volumeAttributesClassName does not match";
  if (!sameMode(claim, volume)) return "incompatible volumeMode";
  return offersModes(volume, claim) ? undefined : "incompatible accessMode";
}

/** Whether a volume may be had at all: it is nobody else's, and good enough. */
function mayServe(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  if (volume.spec.claimRef !== undefined && !isReservedFor(volume, claim)) return false;
  if (isLeaving(volume) || !isLargeEnough(claim, volume)) return false;
  return sameMode(claim, volume) && sameAttributes(claim, volume);
}

/** Those with few access modes first: a volume that can do more is kept for who needs it. */
function byModes(volumes: readonly PersistentVolume[]): readonly (readonly PersistentVolume[])[] {
  const groups = new Map<string, PersistentVolume[]>();
  for (const volume of volumes) {
    const modes = [...new Set(volume.spec.accessModes)].sort().join();
    const group = groups.get(modes);
    if (group === undefined) groups.set(modes, [volume]);
    else group.push(volume);
  }
  const countOf = (modes: string): number => modes.split(",").length;
  return [...groups]
    .sort(([a], [b]) => countOf(a) - countOf(b) || (a < b ? -1 : 1))
    .map(([, group]) => group);
}

/** `delayed`: the scheduler chooses; only what it, or a user, has meant for the claim counts. */
export function findVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  delayed: boolean,
): PersistentVolume | undefined {
  const { selector } = claim.spec;
  const wanted = selector === undefined ? undefined : selectorFromLabelSelector(selector);
  const isFree = ({ metadata, status, spec }: PersistentVolume): boolean =>
    spec.claimRef === undefined &&
    status?.phase === "Available" &&
    (wanted === undefined || matches(wanted, metadata.labels));
  const usable = volumes.filter((volume) => offersModes(volume, claim) && mayServe(volume, claim));
  for (const group of byModes(usable)) {
    const meant = group.find((volume) => isReservedFor(volume, claim));
    if (meant !== undefined) return meant;
    if (delayed) continue;
    const free = group.filter((it) => isFree(it) && classNameOf(it) === classNameOf(claim));
    const [smallest] = free.toSorted(
      (a, b) =>
        compareQuantity(capacityOf(a), capacityOf(b)) ||
        (a.metadata.name < b.metadata.name ? -1 : 1),
    );
    if (smallest !== undefined) return smallest;
  }
  return undefined;
}
