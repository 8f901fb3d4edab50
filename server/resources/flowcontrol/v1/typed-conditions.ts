/** Conditions of which only the type matters. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";

export function validateTypedConditions(
  conditions: readonly { readonly type?: string | undefined }[],
): FieldError[] {
  const checks = new FieldChecks();
  const seen = new Set<string>();
  for (const [index, { type = "" }] of conditions.entries()) {
    const path = new Path("status.conditions").index(index).child("type");
    if (seen.has(type)) checks.duplicate(path, type);
    seen.add(type);
    checks.present(path, type);
  }
  return checks.errors;
}
