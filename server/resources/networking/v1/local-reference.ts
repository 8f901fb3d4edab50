/** References to objects of any kind by group, kind and name. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import type { FieldError, Path } from "#apimachinery/field-error.ts";
import { isPathSegmentName } from "#apimachinery/validate.ts";

export interface LocalReference {
  readonly apiGroup?: string | undefined;
  readonly kind: string;
  readonly name: string;
}

export function validateLocalReference(
  { apiGroup, kind, name }: LocalReference,
  path: Path,
): FieldError[] {
  const checks = new FieldChecks();
  checks.subdomain(path.child("apiGroup"), apiGroup);
  presentSegment(checks, path.child("kind"), kind);
  presentSegment(checks, path.child("name"), name);
  return checks.errors;
}

/** Required, and one segment of a URL's path. */
export function presentSegment(checks: FieldChecks, path: Path, value: string | undefined): void {
  if (checks.declared.present(path, value))
    checks.each(path, value, isPathSegmentName(value ?? ""));
}
