/** Where a class of storage may make volumes. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import type { FieldError, Path } from "#apimachinery/field-error.ts";
import { isQualifiedName } from "#apimachinery/validate.ts";
import type { TopologySelectorTerm } from "#gen/api/core/v1.ts";

export function validateTopologyTerms(
  terms: readonly TopologySelectorTerm[],
  path: Path,
): FieldError[] {
  const checks = new FieldChecks();
  // Upstream compares with as many empty terms too: a term without expressions is a duplicate of them.
  const seen = new Set([textOf({})]);
  for (const [index, term] of terms.entries()) {
    const here = path.index(index).child("matchLabelExpressions");
    const text = textOf(validateTerm(checks, term, here));
    if (seen.has(text)) checks.duplicate(here, "");
    seen.add(text);
  }
  return checks.errors;
}

/** The same for the same values by key. */
function textOf(values: Readonly<Record<string, readonly string[]>>): string {
  return JSON.stringify(Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** Values by key, sorted. */
function validateTerm(
  checks: FieldChecks,
  { matchLabelExpressions = [] }: TopologySelectorTerm,
  path: Path,
): Record<string, readonly string[]> {
  const byKey: Record<string, readonly string[]> = {};
  for (const [index, { key = "", values = [] }] of matchLabelExpressions.entries()) {
    const here = path.index(index);
    const seen = new Set<string>();
    if (values.length === 0) checks.required(here.child("values"));
    for (const [position, value] of values.entries()) {
      if (seen.has(value)) checks.duplicate(here.child("values").index(position), value);
      seen.add(value);
    }
    checks.each(here.child("key"), key, isQualifiedName(key));
    if (byKey[key] !== undefined) checks.duplicate(here.child("key"), key);
    byKey[key] = [...seen].sort();
  }
  return byKey;
}
