/** A bound claim that asks for more than it has waits for the resizer of its driver: none is built in. */
import { compareQuantity, parseQuantity } from "#apimachinery/quantity.ts";
import { type Effect, event } from "#controllers/effects.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "#gen/api/core/v1.ts";

/** Whether it asks for more than it has. */
export function wantsMore({ spec, status }: PersistentVolumeClaim): boolean {
  const wanted = parseQuantity(spec.resources?.requests?.["storage"] ?? "0");
  return compareQuantity(wanted, parseQuantity(status?.capacity?.["storage"] ?? "0")) > 0;
}

export function reconcile(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume | undefined,
): readonly Effect[] {
  if (claim.status?.phase !== "Bound" || !wantsMore(claim)) return [];
  if (volume?.spec.claimRef?.uid !== claim.metadata.uid) return [];
  const message = "waiting for an external controller to expand this PVC";
  return [event(claim, "Normal", "ExternalExpanding", message)];
}
