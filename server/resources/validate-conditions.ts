/** Conditions of the common form (metav1.Condition) in a status. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path, tooLong } from "#apimachinery/field-error.ts";
import { isQualifiedName, regexSentence } from "#apimachinery/validate.ts";
import type { Condition } from "#gen/api/meta/v1.ts";

const conditionStatuses = ["False", "True", "Unknown"] as const;
const conditionsPath = new Path("status.conditions");
const conditionReasonBytesMax = 1024;
const conditionMessageBytesMax = 32 * 1024;

const reasonShape = "[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?";
const reasonPattern = new RegExp(`^${reasonShape}$`);

export function isConditionReason(value: string): string[] {
  if (reasonPattern.test(value)) return [];
  const what =
    "a condition reason must start with alphabetic character, optionally followed by a string of alphanumeric characters or '_,:', and must end with an alphanumeric character or '_'";
  const examples = ["my_name", "MY_NAME", "MyName", "ReasonA,ReasonB", "ReasonA:ReasonB"];
  return [regexSentence(what, reasonShape, ...examples)];
}

/** Each type once, each condition whole. */
export function validateConditions(
  conditions: readonly Condition[] | undefined,
  path: Path,
): FieldError[] {
  const checks = new FieldChecks();
  const types = new Set<string>();
  for (const [index, condition] of (conditions ?? []).entries()) {
    const here = path.index(index);
    const { type = "" } = condition;
    if (types.has(type)) checks.duplicate(here, type);
    types.add(type);
    validateCondition(checks, condition, here);
  }
  return checks.errors;
}

/** Of conditions that upstream judges by their status alone. */
export function validateConditionStatuses(
  conditions: readonly { readonly status?: string | undefined }[] = [],
): FieldError[] {
  const checks = new FieldChecks();
  for (const [index, { status }] of conditions.entries())
    checks.oneOf(conditionsPath.index(index).child("status"), status, conditionStatuses);
  return checks.errors;
}

function validateCondition(checks: FieldChecks, condition: Condition, path: Path): void {
  const { type, status, observedGeneration = 0, reason = "", message = "" } = condition;
  if (checks.present(path.child("type"), type, "is required"))
    checks.each(path.child("type"), type, isQualifiedName(type));
  checks.presentOneOf(path.child("status"), status, conditionStatuses);
  if (observedGeneration < 0)
    checks.invalid(
      path.child("observedGeneration"),
      observedGeneration,
      "must be greater than or equal to zero",
    );
  checks.present(path.child("lastTransitionTime"), condition.lastTransitionTime);
  const reasonPath = path.child("reason");
  if (checks.present(reasonPath, reason))
    checks.each(reasonPath, reason, isConditionReason(reason));
  if (reason.length > conditionReasonBytesMax)
    checks.add([tooLong(reasonPath, conditionReasonBytesMax)]);
  if (message.length > conditionMessageBytesMax)
    checks.add([tooLong(path.child("message"), conditionMessageBytesMax)]);
}
