/** What a claim needs: consumers that are gone leave it, the last one frees its devices, a finished pod's goes. */

import { controllerOf } from "#apimachinery/controller-of.ts";
import { type Effect, remove, update, updateStatus } from "#controllers/effects.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import {
  type ResourceClaim,
  type ResourceClaimConsumerReference,
  resourceclaims,
} from "#gen/api/resource/v1.ts";

/** Holds a claim whose devices are allocated. */
const finalizer = "resource.kubernetes.io/delete-protection";

/** It will run no more, or never did. */
export function isDone({ metadata, spec, status }: Pod): boolean {
  if (status?.phase === "Succeeded" || status?.phase === "Failed") return true;
  return metadata.deletionTimestamp !== undefined && !spec.nodeName;
}

export function isPodReference({ apiGroup, resource }: ResourceClaimConsumerReference): boolean {
  return !apiGroup && resource === "pods";
}

export interface ClaimSurroundings {
  /** A consumer that is a pod uses the claim, or may yet. */
  isConsumer(reference: ResourceClaimConsumerReference): boolean;
  pod(name: string): Pod | undefined;
  /**
   * Its devices were taken from it here. A claim with a finalizer and no devices looks the same when the scheduler is
   * about to write them: that one keeps it.
   */
  readonly freed: boolean;
}

/** The plan takes the claim's devices. */
export function frees(effects: readonly Effect[]): boolean {
  return effects.some(
    (one) =>
      one.effect === "update" &&
      one.subresource === "status" &&
      // Only claims are written here.
      (one.object as ResourceClaim).status.allocation === undefined,
  );
}

/** One write at a time: what comes next follows from what the write made of the claim. */
export function reconcileClaim(claim: ResourceClaim, around: ClaimSurroundings): readonly Effect[] {
  const reservedFor = claim.status.reservedFor ?? [];
  const held = claim.metadata.finalizers?.includes(finalizer) ?? false;
  const left = reservedFor.filter((one) => !isPodReference(one) || around.isConsumer(one));
  if (left.length < reservedFor.length)
    return [withStatus(claim, { reservedFor: left, keep: left.length > 0 || !held })];
  if (left.length > 0) return [];
  const going = claim.metadata.deletionTimestamp !== undefined;
  if (held && going && claim.status.allocation !== undefined)
    return [withStatus(claim, { reservedFor: left, keep: false })];
  const effects: Effect[] = [];
  if (held && claim.status.allocation === undefined && (going || around.freed))
    effects.push(withoutFinalizer(claim));
  if (!going && isForDonePod(claim, around)) effects.push(remove(resourceclaims, claim));
  return effects;
}

function withStatus(
  claim: ResourceClaim,
  { reservedFor, keep }: { reservedFor: ResourceClaimConsumerReference[]; keep: boolean },
): Effect {
  const { allocation, reservedFor: _, ...rest } = claim.status;
  const status = {
    ...rest,
    ...(reservedFor.length > 0 ? { reservedFor } : {}),
    ...(keep && allocation !== undefined ? { allocation } : {}),
  };
  return updateStatus(resourceclaims, { ...claim, status });
}

function withoutFinalizer(claim: ResourceClaim): Effect {
  const finalizers = claim.metadata.finalizers?.filter((name) => name !== finalizer);
  return update(resourceclaims, { ...claim, metadata: { ...claim.metadata, finalizers } });
}

/** Made for a pod that has been replaced or will not run; one that is gone is the garbage collector's. */
function isForDonePod(claim: ResourceClaim, { pod }: ClaimSurroundings): boolean {
  const owner = controllerOf(claim);
  if (owner === undefined || owner.kind !== "Pod" || owner.apiVersion !== "v1") return false;
  const found = pod(owner.name);
  return found !== undefined && (found.metadata.uid !== owner.uid || isDone(found));
}
