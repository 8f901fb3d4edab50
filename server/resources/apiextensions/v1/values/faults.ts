/** Faults of values, in the sentences of upstream's schema validator. */
import type { FieldError, FieldErrorReason } from "#apimachinery/field-error.ts";

export const fault = (path: string, reason: FieldErrorReason, message: string): FieldError => ({
  reason,
  field: path === "" ? "<nil>" : path,
  message,
});

/** `Invalid value: 20: spec.replicas in body should be less than or equal to 10`. */
export function bodyFault(path: string, value: unknown, sentence: string): FieldError {
  const shown = JSON.stringify(value) ?? "null";
  return fault(path, "FieldValueInvalid", `Invalid value: ${shown}: ${path} in body ${sentence}`);
}
