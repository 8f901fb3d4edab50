/** Label selectors as fields of objects. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import type { FieldError, Path } from "#apimachinery/field-error.ts";
import { isLabelValue, isQualifiedName } from "#apimachinery/validate.ts";
import { validateLabels } from "#apimachinery/validate-object-meta.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";

export interface SelectorRules {
  /** Values are not judged: a stored selector already has one that no label can have. */
  readonly anyValues: boolean;
}

/** Absent is fine: whether it may be is the caller's affair. */
export function validateLabelSelector(
  selector: LabelSelector | undefined,
  path: Path,
  { anyValues }: SelectorRules = { anyValues: false },
): FieldError[] {
  const checks = new FieldChecks();
  checks.add(validateLabels(selector?.matchLabels ?? {}, path.child("matchLabels")));
  for (const [index, expression] of (selector?.matchExpressions ?? []).entries()) {
    const here = path.child("matchExpressions").index(index);
    const { key = "", operator, values = [] } = expression;
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        checks.required(
          here.child("values"),
          "must be specified when `operator` is 'In' or 'NotIn'",
        );
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        checks.forbidden(
          here.child("values"),
          "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
        );
    } else {
      checks.invalid(here.child("operator"), operator ?? "", "not a valid selector operator");
    }
    checks.each(here.child("key"), key, isQualifiedName(key));
    if (anyValues) continue;
    for (const [position, value] of values.entries())
      checks.each(here.child("values").index(position), value, isLabelValue(value));
  }
  return checks.errors;
}

export function isEmptySelector(selector: LabelSelector | undefined): boolean {
  const { matchLabels = {}, matchExpressions = [] } = selector ?? {};
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}
