/** Warnings about amounts of storage. */
import type { Path } from "#apimachinery/field-error.ts";
import { quantityMilli } from "#apimachinery/quantity.ts";
import type { PersistentVolumeClaimSpec } from "#gen/api/core/v1.ts";

/** Bytes come whole. */
export function byteWarnings(path: Path, amount: string | undefined): string[] {
  if (amount === undefined || quantityMilli(amount) % 1000 === 0) return [];
  return [
    `${path.text}: fractional byte value ${JSON.stringify(amount)} is invalid, must be an integer`,
  ];
}

export function claimSpecWarnings(
  spec: PersistentVolumeClaimSpec | undefined,
  path: Path,
): string[] {
  const { requests = {}, limits = {} } = spec?.resources ?? {};
  return [
    ...byteWarnings(path.child("resources", "requests").key("storage"), requests["storage"]),
    ...byteWarnings(path.child("resources", "limits").key("storage"), limits["storage"]),
  ];
}
