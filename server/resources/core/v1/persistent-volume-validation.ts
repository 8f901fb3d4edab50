/** Validation of a PersistentVolume, and of the volume that a VolumeAttachment carries inline. */
import { posix } from "node:path";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, notSupported, Path } from "#apimachinery/field-error.ts";
import { quantitySign } from "#apimachinery/quantity.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import type { PersistentVolume, PersistentVolumeSpec } from "#gen/api/core/v1.ts";
import { accessModes, volumeModes } from "./claim-spec.ts";
import { validateVolumeSource, volumeSources } from "./persistent-volume-sources.ts";
import { hasAnyValues, nodeSelector } from "./pod-spec/validate-affinity.ts";

const specPath = new Path("spec");
const mountOptions = "volume.beta.kubernetes.io/mount-options";
const mountable = [
  "gcePersistentDisk",
  "awsElasticBlockStore",
  "glusterfs",
  "nfs",
  "rbd",
  "quobyte",
  "iscsi",
  "cinder",
  "cephfs",
  "azureFile",
  "vsphereVolume",
  "azureDisk",
  "photonPersistentDisk",
] as const;

export function validatePersistentVolume(volume: PersistentVolume): FieldError[] {
  return check(volume, false).errors;
}

function check({ metadata, spec }: PersistentVolume, anyValues: boolean): FieldChecks {
  const checks = new FieldChecks();
  accessible(checks, spec, specPath);
  validateCapacity(checks, spec.capacity ?? {});
  const { persistentVolumeReclaimPolicy: policy, volumeMode } = spec;
  if (policy)
    checks.oneOf(specPath.child("persistentVolumeReclaimPolicy"), policy, [
      "Delete",
      "Recycle",
      "Retain",
    ]);
  const affinityPath = specPath.child("nodeAffinity");
  const { required } = spec.nodeAffinity ?? {};
  if (required !== undefined)
    nodeSelector(checks, required, affinityPath.child("required"), { anyValues });
  else if (spec.nodeAffinity !== undefined)
    checks.required(affinityPath.child("required"), "must specify required node constraints");
  const source = validateVolumeSource(checks, spec, { path: specPath, name: metadata.name });
  if (source === "local" && spec.nodeAffinity === undefined)
    checks.required(affinityPath, "Local volume requires node affinity");
  recyclable(checks, spec, specPath);
  if (spec.storageClassName)
    checks.subdomain(specPath.child("storageClassName"), spec.storageClassName);
  if (volumeMode !== undefined) checks.oneOf(specPath.child("volumeMode"), volumeMode, volumeModes);
  attributesClass(checks, spec, specPath);
  const optioned = metadata.annotations?.[mountOptions] !== undefined;
  if (optioned && mountable.every((kind) => spec[kind] === undefined))
    checks.forbidden(
      new Path("metadata.annotations").child(mountOptions),
      "may not specify mount options for this volume type",
    );
  return checks;
}

/** What an attachment says of its volume: only its CSI source and how it is used. */
export function validateInlineVolume(spec: PersistentVolumeSpec, path: Path): FieldError[] {
  const checks = new FieldChecks();
  const sentence = "may not be specified in the context of inline volumes";
  if (spec.claimRef !== undefined) checks.forbidden(path.child("claimRef"), sentence);
  if (Object.keys(spec.capacity ?? {}).length > 0)
    checks.forbidden(path.child("capacity"), sentence);
  if (spec.csi === undefined)
    checks.required(path.child("csi"), "has to be specified in the context of inline volumes");
  accessible(checks, spec, path);
  const { persistentVolumeReclaimPolicy: policy, volumeMode } = spec;
  if (policy && policy !== "Retain")
    checks.forbidden(
      path.child("persistentVolumeReclaimPolicy"),
      "may only be Retain in the context of inline volumes",
    );
  if (spec.nodeAffinity !== undefined) checks.forbidden(path.child("nodeAffinity"), sentence);
  if (validateVolumeSource(checks, spec, { path, name: "" }) === "local")
    checks.required(path.child("nodeAffinity"), "Local volume requires node affinity");
  recyclable(checks, spec, path);
  if (spec.storageClassName) checks.forbidden(path.child("storageClassName"), sentence);
  if (volumeMode !== undefined && volumeMode !== "Filesystem")
    checks.forbidden(
      path.child("volumeMode"),
      "may not specify volumeMode other than Filesystem in the context of inline volumes",
    );
  return checks.errors;
}

function accessible(checks: FieldChecks, spec: PersistentVolumeSpec, path: Path): void {
  const modes = spec.accessModes ?? [];
  const modesPath = path.child("accessModes");
  if (modes.length === 0) checks.required(modesPath);
  for (const mode of modes) checks.oneOf(modesPath, mode, accessModes);
  const others = modes.filter((mode) => mode !== "ReadWriteOncePod" && accessModes.includes(mode));
  if (modes.includes("ReadWriteOncePod") && others.length > 0)
    checks.forbidden(modesPath, "may not use ReadWriteOncePod with other access modes");
}

function validateCapacity(checks: FieldChecks, capacity: Readonly<Record<string, string>>): void {
  const path = specPath.child("capacity");
  const names = Object.keys(capacity);
  if (names.length === 0) checks.required(path);
  if (capacity["storage"] === undefined || names.length > 1)
    checks.add([notSupported(path, names.length === 0 ? null : capacity, ["storage"])]);
  for (const [name, amount] of Object.entries(capacity)) {
    if (quantitySign(amount) < 0)
      checks.invalid(path.key(name), amount, "must be a valid resource quantity");
    checks.positiveQuantity(path.key(name), amount);
  }
}

function recyclable(checks: FieldChecks, spec: PersistentVolumeSpec, path: Path): void {
  const root = spec.hostPath !== undefined && posix.resolve("/", spec.hostPath.path ?? "") === "/";
  const absolute = spec.hostPath?.path?.startsWith("/") === true;
  if (root && absolute && spec.persistentVolumeReclaimPolicy === "Recycle")
    checks.forbidden(
      path.child("persistentVolumeReclaimPolicy"),
      "may not be 'recycle' for a hostPath mount of '/'",
    );
}

function attributesClass(checks: FieldChecks, spec: PersistentVolumeSpec, path: Path): void {
  const { volumeAttributesClassName: name } = spec;
  if (name === undefined) return;
  const namePath = path.child("volumeAttributesClassName");
  if (checks.present(namePath, name, "an empty string is disallowed"))
    checks.subdomain(namePath, name);
  if (spec.csi === undefined)
    checks.required(path.child("csi"), "has to be specified when using volumeAttributesClassName");
}

export function validatePersistentVolumeUpdate(
  volume: PersistentVolume,
  old: PersistentVolume,
): FieldError[] {
  const stored = old.spec.nodeAffinity?.required;
  const checks = check(volume, stored !== undefined && hasAnyValues(stored));
  const [spec, before] = [volume.spec, old.spec];
  if (!deepEqual(sourceOf(spec, before), sourceOf(before, before)))
    checks.forbidden(
      specPath.child("persistentvolumesource"),
      "spec.persistentvolumesource is immutable after creation",
    );
  checks.add(validateImmutable(spec.volumeMode, before.volumeMode, new Path("volumeMode")));
  if (before.nodeAffinity !== undefined) fixedAffinity(checks, spec, before);
  if (
    before.volumeAttributesClassName !== undefined &&
    spec.volumeAttributesClassName === undefined
  )
    checks.forbidden(
      specPath.child("volumeAttributesClassName"),
      "update from non-nil value to nil is forbidden",
    );
  return checks.errors;
}

const newerLabels: Readonly<Record<string, string>> = {
  "beta.kubernetes.io/arch": "kubernetes.io/arch",
  "beta.kubernetes.io/os": "kubernetes.io/os",
  "beta.kubernetes.io/instance-type": "node.kubernetes.io/instance-type",
  "failure-domain.beta.kubernetes.io/region": "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone": "topology.kubernetes.io/zone",
};

/** Where a volume lies stays; only a label that has a newer name may take it. */
function fixedAffinity(
  checks: FieldChecks,
  { nodeAffinity: now }: PersistentVolumeSpec,
  { nodeAffinity: before }: PersistentVolumeSpec,
): void {
  const terms = now?.required?.nodeSelectorTerms ?? [];
  const renamed = (before?.required?.nodeSelectorTerms ?? []).map((term, index) => ({
    ...term,
    matchExpressions: term.matchExpressions?.map((expression, position) => {
      const key = terms[index]?.matchExpressions?.[position]?.key;
      const newer = newerLabels[expression.key ?? ""];
      return key !== undefined && newer === key ? { ...expression, key } : expression;
    }),
  }));
  const same =
    before?.required === undefined
      ? deepEqual(now, before)
      : deepEqual(now, { required: { nodeSelectorTerms: renamed } });
  if (same) return;
  checks.invalid(
    new Path("nodeAffinity"),
    now,
    "field is immutable, except for updating from beta label to GA",
  );
}

/** The source as an update may have it: a missing secret for expansion may come. */
function sourceOf(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): unknown {
  const all = Object.fromEntries(volumeSources.map((kind) => [kind, spec[kind]]));
  if (spec.csi === undefined || old.csi === undefined) return all;
  if (old.csi.controllerExpandSecretRef !== undefined) return all;
  return { ...all, csi: { ...spec.csi, controllerExpandSecretRef: undefined } };
}
