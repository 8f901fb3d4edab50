/** Validation of a PersistentVolumeClaim. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, notSupported, Path } from "#apimachinery/field-error.ts";
import {
  compareQuantity,
  isWholeQuantity,
  parseQuantity,
  quantitySign,
} from "#apimachinery/quantity.ts";
import { alignAmounts } from "#apimachinery/resource-list.ts";
import { isQualifiedName, negativeSentence, validateImmutable } from "#apimachinery/validate.ts";
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from "#gen/api/core/v1.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";
import { classAnnotation } from "./claim-binding.ts";
import { claimSpec } from "./claim-spec.ts";
import { isNativeResource } from "./resource-names.ts";

const specPath = new Path("spec");
const statusPath = new Path("status");

export function validateClaim({ spec }: PersistentVolumeClaim): FieldError[] {
  const checks = new FieldChecks();
  claimSpec(checks, spec, specPath);
  return checks.errors;
}

/** Parts of a claim's spec that were accepted once are not judged again. */
function leniency({ dataSource, dataSourceRef, selector }: PersistentVolumeClaimSpec) {
  const groups = [dataSource?.apiGroup, dataSourceRef?.apiGroup];
  return {
    anyValues: validateLabelSelector(selector, specPath).length > 0,
    anyGroups: groups.some((group) => group !== undefined),
  };
}

export function validateClaimUpdate(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): FieldError[] {
  const checks = new FieldChecks();
  claimSpec(checks, claim.spec, specPath, leniency(old.spec));
  const annotation = claim.metadata.annotations?.[classAnnotation];
  const before = old.metadata.annotations?.[classAnnotation];
  if (!classFromAnnotation(claim, old))
    checks.add(
      validateImmutable(
        annotation,
        before,
        new Path("metadata.annotations").child(classAnnotation),
      ),
    );
  const fixed = fixedPart(old.spec, claim.spec);
  if (!deepEqual(alignAmounts(comparable(claim, old), fixed), fixed))
    checks.forbidden(
      specPath,
      "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims",
    );
  shrinking(checks, claim, old);
  checks.add(validateImmutable(claim.spec.volumeMode, old.spec.volumeMode, new Path("volumeMode")));
  const path = specPath.child("volumeAttributesClassName");
  const { volumeAttributesClassName: wanted } = claim.spec;
  const current = old.status?.currentVolumeAttributesClassName;
  if (current !== undefined && wanted !== old.spec.volumeAttributesClassName && !wanted)
    checks.forbidden(
      path,
      `update to ${wanted === undefined ? "nil" : "empty string"} is forbidden when status.currentVolumeAttributesClassName is not nil`,
    );
  return checks.errors;
}

/** The class that an annotation named may move into its field. */
function classFromAnnotation(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): boolean {
  const before = old.metadata.annotations?.[classAnnotation];
  const now = claim.metadata.annotations?.[classAnnotation];
  return (
    before !== undefined &&
    old.spec.storageClassName === undefined &&
    claim.spec.storageClassName === before &&
    (now === undefined || now === before)
  );
}

/** The stored spec; the binder may name the volume of one that has none. */
function fixedPart(
  old: PersistentVolumeClaimSpec,
  { volumeName }: PersistentVolumeClaimSpec,
): PersistentVolumeClaimSpec {
  return old.volumeName ? old : { ...old, volumeName };
}

/** The new spec, what may change being as it was. */
function comparable(
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): PersistentVolumeClaimSpec {
  const spec = { ...claim.spec };
  const before = old.metadata.annotations?.[classAnnotation];
  const given = spec.storageClassName;
  const late =
    given !== undefined &&
    old.spec.storageClassName === undefined &&
    (before === undefined || given === before);
  if (late) spec.storageClassName = undefined;
  if (claim.status?.phase !== "Bound") return spec;
  const storage = old.spec.resources?.requests?.["storage"];
  if (spec.resources?.requests !== undefined && storage !== undefined)
    spec.resources = {
      ...spec.resources,
      requests: { ...spec.resources.requests, storage },
    };
  spec.volumeAttributesClassName = old.spec.volumeAttributesClassName;
  return spec;
}

const amount = (text: string | undefined) => parseQuantity(text ?? "0");

/** A claim may shrink again, but not below what it already has. */
function shrinking(
  checks: FieldChecks,
  claim: PersistentVolumeClaim,
  old: PersistentVolumeClaim,
): void {
  const now = amount(claim.spec.resources?.requests?.["storage"]);
  const before = amount(old.spec.resources?.requests?.["storage"]);
  const has = amount(old.status?.capacity?.["storage"]);
  if (compareQuantity(now, before) < 0 && compareQuantity(now, has) <= 0)
    checks.forbidden(
      specPath.child("resources", "requests", "storage"),
      "field can not be less than status.capacity",
    );
}

const resizeStates = [
  "ControllerResizeInProgress",
  "ControllerResizeInfeasible",
  "NodeResizePending",
  "NodeResizeInProgress",
  "NodeResizeInfeasible",
];

function resourceKey(checks: FieldChecks, path: Path, name: string): boolean {
  const sentences = isQualifiedName(name);
  checks.each(path, name, sentences);
  if (sentences.length > 0) return false;
  if (!isNativeResource(name) || name === "storage") return true;
  checks.add([notSupported(path, name, ["storage"])]);
  return false;
}

export function validateClaimStatus({ spec, status }: PersistentVolumeClaim): FieldError[] {
  const checks = new FieldChecks();
  if ((spec.accessModes ?? []).length === 0) checks.required(new Path("Spec.accessModes"));
  const isBasic = (path: Path, text: string): boolean => {
    if (quantitySign(text) >= 0) return true;
    checks.invalid(path, text, "must be a valid resource quantity");
    return false;
  };
  for (const [name, text] of Object.entries(status?.capacity ?? {}))
    isBasic(statusPath.child("capacity").key(name), text);
  const statesPath = statusPath.child("allocatedResourceStatuses");
  for (const [name, state] of Object.entries(status?.allocatedResourceStatuses ?? {})) {
    resourceKey(checks, statesPath, name);
    if (!resizeStates.includes(state)) checks.add([notSupported(statesPath, name, resizeStates)]);
  }
  const allocatedPath = statusPath.child("allocatedResources");
  for (const [name, text] of Object.entries(status?.allocatedResources ?? {})) {
    if (!resourceKey(checks, allocatedPath, name)) continue;
    const path = allocatedPath.key(name);
    if (!isBasic(path, text)) continue;
    if (quantitySign(text) < 0) checks.invalid(path, text, negativeSentence);
    if (!isWholeQuantity(text)) checks.invalid(path, text, "must be an integer");
  }
  return checks.errors;
}
