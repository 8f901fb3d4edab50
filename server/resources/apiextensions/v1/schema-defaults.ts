/** Whether defaults are values of the schemas that they stand in. */
import { deepCopy } from "#apimachinery/deep-copy.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { FieldError, Path } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { partsOf } from "./schema-children.ts";
import { compileFault } from "./schema-rules.ts";
import { pruneValueOf } from "./values/pruning.ts";
import { schemaErrors } from "./values/validation.ts";

/** Of a structural schema. */
export function validateDefaults(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  const metadata = path.child("properties").key("metadata").text;
  const visit = (one: JSONSchemaProps, at: Path): void => {
    if (one.default !== undefined) {
      const isMetadata = at.text === metadata || at.text.startsWith(`${metadata}.`);
      if (isMetadata)
        checks.forbidden(at.child("default"), "must not be set in top-level metadata");
      else checks.add(defaultFaults(one, at.child("default")));
    }
    for (const part of partsOf(one, at)) visit(part.schema, part.path);
  };
  visit(schema, path);
}

function defaultFaults(schema: JSONSchemaProps, path: Path): FieldError[] {
  const value: unknown = schema.default;
  const field = path.text;
  const fault = (sentence: string): FieldError => ({
    reason: "FieldValueInvalid",
    field,
    message: `Invalid value: ${JSON.stringify(value)}: ${sentence}`,
  });
  const unknown = pruneValueOf(deepCopy(value), schema).length > 0;
  const wrong = schemaErrors(value, schema, { path: field });
  const broken = (schema["x-kubernetes-validations"] ?? [])
    .map(({ rule = "" }) => compileFault(rule))
    .filter((sentence) => sentence !== undefined);
  return [
    ...(unknown ? [fault("must not have unknown fields")] : []),
    // What a combinator says has no field of its own.
    ...wrong.map((error) => (error.field === "<nil>" ? { ...error, field } : error)),
    ...broken.map(fault),
  ];
}
