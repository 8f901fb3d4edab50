/** allOf, anyOf, oneOf, not. */
import type { FieldError } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";

type Check = (branch: JSONSchemaProps) => readonly FieldError[];

/** Upstream gives these no field. */
function combined(path: string, sentence: string): FieldError {
  const message = `Invalid value: "": "${path}" ${sentence}`;
  return { reason: "FieldValueInvalid", field: "<nil>", message };
}

/** Of branches that all failed, the one that failed least. */
function best(failures: readonly (readonly FieldError[])[]): readonly FieldError[] {
  return failures.reduce((least, one) => (one.length < least.length ? one : least));
}

export function combinatorErrors(
  path: string,
  schema: JSONSchemaProps,
  check: Check,
): FieldError[] {
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const errors: FieldError[] = [];
  const wrong = allOf.map(check).filter((failures) => failures.length > 0);
  if (wrong.length > 0) {
    const none = wrong.length === allOf.length ? ". None validated" : "";
    errors.push(combined(path, `must validate all the schemas (allOf)${none}`), ...wrong.flat());
  }
  const any = anyOf.map(check);
  if (any.length > 0 && any.every((failures) => failures.length > 0)) {
    errors.push(combined(path, "must validate at least one schema (anyOf)"), ...best(any));
  }
  const one = oneOf.map(check);
  const valid = one.filter((failures) => failures.length === 0).length;
  if (one.length > 0 && valid !== 1) {
    const found = valid === 0 ? "Found none valid" : `Found ${valid} valid alternatives`;
    errors.push(combined(path, `must validate one and only one schema (oneOf). ${found}`));
    if (valid === 0) errors.push(...best(one));
  }
  if (not !== undefined && check(not).length === 0) {
    errors.push(combined(path, "must not validate the schema (not)"));
  }
  return errors;
}
