/** The spec of a PersistentVolumeClaim, which stands in claims, StatefulSets and ephemeral volumes. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { isDNS1123Label, isDNS1123Subdomain } from "#apimachinery/validate.ts";
import type {
  PersistentVolumeClaimSpec,
  PersistentVolumeClaimTemplate,
  TypedObjectReference,
} from "#gen/api/core/v1.ts";
import { validateTemplateMeta } from "#resources/template-meta.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";

export const accessModes: readonly string[] = [
  "ReadOnlyMany",
  "ReadWriteMany",
  "ReadWriteOnce",
  "ReadWriteOncePod",
];
export const volumeModes: readonly string[] = ["Block", "Filesystem"];

export function claimTemplate(
  checks: FieldChecks,
  template: PersistentVolumeClaimTemplate,
  path: Path,
): void {
  const { metadata, spec } = template;
  validateTemplateMeta(checks, metadata ?? {}, path.child("metadata"));
  claimSpec(checks, spec, path.child("spec"));
}

/** What a stored claim may keep though a new one could not have it. */
export interface ClaimLeniency {
  readonly anyValues: boolean;
  readonly anyGroups: boolean;
}

export function claimSpec(
  checks: FieldChecks,
  spec: PersistentVolumeClaimSpec,
  path: Path,
  lenient: ClaimLeniency = { anyValues: false, anyGroups: false },
): void {
  const modes = spec.accessModes ?? [];
  const modesPath = path.child("accessModes");
  if (modes.length === 0) checks.required(modesPath, "at least 1 access mode is required");
  checks.add(validateLabelSelector(spec.selector, path.child("selector"), lenient));
  for (const mode of modes) checks.oneOf(modesPath, mode, accessModes);
  const others = modes.filter((mode) => mode !== "ReadWriteOncePod" && accessModes.includes(mode));
  if (modes.includes("ReadWriteOncePod") && others.length > 0)
    checks.forbidden(modesPath, "may not use ReadWriteOncePod with other access modes");
  storageRequest(checks, spec, path);
  if (spec.storageClassName)
    checks.subdomain(path.child("storageClassName"), spec.storageClassName);
  if (spec.volumeMode !== undefined)
    checks.oneOf(path.child("volumeMode"), spec.volumeMode, volumeModes);
  dataSources(checks, spec, path, lenient);
  if (spec.volumeAttributesClassName)
    checks.each(
      path.child("volumeAttributesClassName"),
      spec.volumeAttributesClassName,
      isDNS1123Subdomain(spec.volumeAttributesClassName),
    );
}

function storageRequest(
  checks: FieldChecks,
  { resources }: PersistentVolumeClaimSpec,
  path: Path,
): void {
  const storage = resources?.requests?.["storage"];
  const here = path.child("resources").key("storage");
  if (storage === undefined) checks.required(here);
  else checks.positiveQuantity(here, storage);
}

function dataSources(
  checks: FieldChecks,
  spec: PersistentVolumeClaimSpec,
  path: Path,
  lenient: ClaimLeniency,
): void {
  const { dataSource, dataSourceRef } = spec;
  for (const field of ["dataSource", "dataSourceRef"] as const) {
    const source = spec[field];
    if (source !== undefined) dataSourceOf(checks, source, path.child(field), lenient);
  }
  if (dataSource === undefined || dataSourceRef === undefined) return;
  const { namespace, ...local } = dataSourceRef;
  if (namespace)
    checks.invalid(
      path,
      "dataSource",
      "may not be specified when dataSourceRef.namespace is specified",
    );
  else if (!deepEqual(local, dataSource))
    checks.invalid(path, "dataSource", "must match dataSourceRef");
}

function dataSourceOf(
  checks: FieldChecks,
  source: TypedObjectReference,
  path: Path,
  { anyGroups }: ClaimLeniency,
): void {
  const { name, kind, apiGroup = "", namespace = "" } = source;
  checks.present(path.child("name"), name);
  checks.present(path.child("kind"), kind);
  if (apiGroup === "" && kind !== "PersistentVolumeClaim")
    checks.invalid(
      path,
      kind,
      "must be 'PersistentVolumeClaim' when referencing the default apiGroup",
    );
  if (apiGroup !== "" && !anyGroups) checks.subdomain(path.child("apiGroup"), apiGroup);
  if (namespace !== "") checks.each(path.child("namespace"), namespace, isDNS1123Label(namespace));
}
