/** Paths inside volumes. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";

export function noBacksteps(checks: FieldChecks, path: Path, value: string): void {
  if (value.split("/").includes("..")) checks.invalid(path, value, "must not contain '..'");
}

/** Relative, and never upwards. */
export function localDescendingPath(checks: FieldChecks, path: Path, value: string): void {
  if (value.startsWith("/")) checks.invalid(path, value, "must be a relative path");
  noBacksteps(checks, path, value);
}

/** Names that begin with two dots are the kubelet's. */
export function localNonReservedPath(checks: FieldChecks, path: Path, value: string): void {
  localDescendingPath(checks, path, value);
  if (value.startsWith("..") && !value.startsWith("../"))
    checks.invalid(path, value, "must not start with '..'");
}

const fileModeSentence = "must be a number between 0 and 0777 (octal), both inclusive";

export function fileMode(checks: FieldChecks, path: Path, mode: number | undefined): void {
  if (mode !== undefined && (mode < 0 || mode > 0o777))
    checks.invalid(path, mode, fileModeSentence);
}
