/** Environment variables of a container. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { isConfigMapKey, isDNS1123Subdomain, isEnvVarName } from "#apimachinery/validate.ts";
import { maskTrailingDash } from "#apimachinery/validate-object-meta.ts";
import type { EnvFromSource, EnvVar, EnvVarSource, FileKeySelector } from "#gen/api/core/v1.ts";
import { containerResource, environmentFields, objectField } from "./validate-field-refs.ts";
import { noBacksteps } from "./validate-paths.ts";

export function validateEnv(checks: FieldChecks, variables: readonly EnvVar[], path: Path): void {
  for (const [index, { name, value = "", valueFrom }] of variables.entries()) {
    const here = path.index(index);
    if (checks.present(here.child("name"), name))
      checks.each(here.child("name"), name, isEnvVarName(name));
    if (valueFrom !== undefined)
      envSource(checks, { source: valueFrom, value }, here.child("valueFrom"));
  }
}

function envSource(
  checks: FieldChecks,
  { source, value }: { source: EnvVarSource; value: string },
  path: Path,
): void {
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef } = source;
  if (fieldRef !== undefined)
    objectField(checks, fieldRef, { path: path.child("fieldRef"), fields: environmentFields });
  if (resourceFieldRef !== undefined)
    containerResource(checks, resourceFieldRef, {
      path: path.child("resourceFieldRef"),
      named: false,
    });
  for (const kind of ["configMapKeyRef", "secretKeyRef"] as const) {
    const reference = source[kind];
    if (reference !== undefined) keyReference(checks, reference, path.child(kind));
  }
  if (fileKeyRef !== undefined) fileKey(checks, fileKeyRef, path.child("fileKeyRef"));
  const all = [fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef, fileKeyRef];
  const count = all.filter((given) => given !== undefined).length;
  if (count === 0)
    checks.invalid(
      path,
      "",
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
    );
  else if (value !== "") checks.invalid(path, "", "may not be specified when `value` is not empty");
  else if (count > 1)
    checks.invalid(path, "", "may not have more than one field specified at a time");
}

function keyReference(
  checks: FieldChecks,
  { name = "", key }: { name?: string | undefined; key: string },
  path: Path,
): void {
  checks.each(path.child("name"), name, isDNS1123Subdomain(name));
  if (checks.present(path.child("key"), key))
    checks.each(path.child("key"), key, isConfigMapKey(key));
}

function fileKey(checks: FieldChecks, reference: FileKeySelector, path: Path): void {
  const { key, volumeName, path: file } = reference;
  if (checks.present(path.child("key"), key))
    checks.each(path.child("key"), key, isEnvVarName(key));
  checks.presentLabel(path.child("volumeName"), volumeName);
  if (checks.present(path.child("path"), file)) noBacksteps(checks, path.child("path"), file);
}

export function validateEnvFrom(
  checks: FieldChecks,
  sources: readonly EnvFromSource[],
  path: Path,
): void {
  for (const [index, { prefix, configMapRef, secretRef }] of sources.entries()) {
    const here = path.index(index);
    if (prefix) checks.each(here.child("prefix"), prefix, isEnvVarName(prefix));
    for (const [kind, reference] of [
      ["configMapRef", configMapRef],
      ["secretRef", secretRef],
    ] as const) {
      if (reference === undefined) continue;
      const { name = "" } = reference;
      if (checks.present(here.child(kind, "name"), name))
        checks.each(here.child(kind, "name"), name, isDNS1123Subdomain(maskTrailingDash(name)));
    }
    // Upstream reports these two at the list.
    if (configMapRef === undefined && secretRef === undefined)
      checks.invalid(path, "", "must specify one of: `configMapRef` or `secretRef`");
    else if (configMapRef !== undefined && secretRef !== undefined)
      checks.invalid(path, "", "may not have more than one field specified at a time");
  }
}
