/**
 * persistentVolumeClaimRetentionPolicy: who owns a claim says when it goes. The set, when claims go with it; the pod,
 * when claims of pods that are scaled away go; nobody, when they stay.
 */
import { type Effect, update } from "#controllers/effects.ts";
import { controllerReference } from "#controllers/owner-references.ts";
import type { StatefulSet } from "#gen/api/apps/v1.ts";
import { type PersistentVolumeClaim, type Pod, persistentvolumeclaims } from "#gen/api/core/v1.ts";
import type { KubeObject, OwnerReference } from "#gen/api/meta/v1.ts";

interface Holding {
  readonly pod: Pod | undefined;
  /** Beyond the wanted ordinals. */
  readonly condemned: boolean;
}

function holderOf(set: StatefulSet, { pod, condemned }: Holding): KubeObject | undefined {
  const { whenDeleted = "Retain", whenScaled = "Retain" } =
    set.spec.persistentVolumeClaimRetentionPolicy ?? {};
  if (condemned && whenScaled === "Delete") return pod;
  return whenDeleted === "Delete" ? set : undefined;
}

/** As a claim of a pod that is made now names its owners. */
export function firstOwners(set: StatefulSet): readonly OwnerReference[] {
  const holder = holderOf(set, { pod: undefined, condemned: false });
  return holder === undefined ? [] : [controllerReference(holder)];
}

const isSame = (a: OwnerReference, b: OwnerReference): boolean =>
  a.uid === b.uid && a.controller === b.controller;

/** Owners of other kinds stay; nothing where the claim is somebody else's. */
export function keepOwners(
  set: StatefulSet,
  holding: Holding,
  claim: PersistentVolumeClaim,
): readonly Effect[] {
  const { ownerReferences = [] } = claim.metadata;
  const ours = (reference: OwnerReference): boolean =>
    (reference.kind === "StatefulSet" && reference.name === set.metadata.name) ||
    (reference.kind === "Pod" && reference.name === holding.pod?.metadata.name);
  const others = ownerReferences.filter((reference) => !ours(reference));
  if (others.some(({ controller }) => controller === true)) return [];
  const holder = holderOf(set, holding);
  const wanted = holder === undefined ? [] : [controllerReference(holder)];
  const held = ownerReferences.filter(ours);
  const [first, next] = [held[0], wanted[0]];
  if (held.length === wanted.length && (!first || !next || isSame(first, next))) return [];
  const metadata = { ...claim.metadata, ownerReferences: [...others, ...wanted] };
  return [update(persistentvolumeclaims, { ...claim, metadata })];
}
