/** Whether defaults are values of the schemas that they stand in. */
import { deepCopy } from "#apimachinery/deep-copy.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import type { FieldError, Path } from "#apimachinery/field-error.ts";
import { isDNS1035Label } from "#apimachinery/validate.ts";
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
      else checks.add(defaultFaults(one, at.child("default"), one === schema));
    }
    for (const part of partsOf(one, at)) visit(part.schema, part.path);
  };
  visit(schema, path);
}

const isResource = { "x-kubernetes-embedded-resource": true } as const;

/** What is an object of the API within a value says which kind it is. */
function validateEmbedded(
  checks: FieldChecks,
  value: unknown,
  schema: JSONSchemaProps,
  path: Path,
): void {
  if (typeof value !== "object" || value === null) return;
  const { properties = {}, additionalProperties: others, items } = schema;
  if (Array.isArray(value)) {
    if (items === undefined || Array.isArray(items)) return;
    for (const [index, item] of value.entries())
      validateEmbedded(checks, item, items, path.index(index));
    return;
  }
  const fields = new Map<string, unknown>(Object.entries(value));
  if (schema["x-kubernetes-embedded-resource"] === true)
    for (const name of ["apiVersion", "kind"]) {
      const [text, place] = [fields.get(name), path.child(name)];
      if (!fields.has(name)) checks.required(place);
      else if (typeof text !== "string") checks.invalid(place, text, "must be a string");
      else if (text === "") checks.invalid(place, text, "must not be empty");
      else if (name === "kind") checks.each(place, text, isDNS1035Label(text.toLowerCase()));
      else if (text.split("/").length > 2)
        checks.invalid(place, text, `unexpected GroupVersion string: ${text}`);
    }
  for (const [name, item] of fields) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property !== undefined) validateEmbedded(checks, item, property, path.child(name));
    else if (typeof others === "object") validateEmbedded(checks, item, others, path.key(name));
  }
}

function defaultFaults(schema: JSONSchemaProps, path: Path, isRoot: boolean): FieldError[] {
  const value: unknown = schema.default;
  const field = path.text;
  const fault = (sentence: string): FieldError => ({
    reason: "FieldValueInvalid",
    field,
    message: `Invalid value: ${JSON.stringify(value)}: ${sentence}`,
  });
  const unknown = pruneValueOf(deepCopy(value), schema).length > 0;
  const embedded = new FieldChecks();
  validateEmbedded(embedded, value, isRoot ? { ...schema, ...isResource } : schema, path);
  const wrong =
    embedded.errors.length > 0
      ? embedded.errors
      : schemaErrors(value, schema, { path: "" }).map((error) => ({
          ...error,
          field: error.field === "<nil>" || error.field === "" ? field : `${field}.${error.field}`,
        }));
  const broken = (schema["x-kubernetes-validations"] ?? [])
    .map(({ rule = "" }) => compileFault(rule))
    .filter((sentence) => sentence !== undefined);
  return [
    ...(unknown ? [fault("must not have unknown fields")] : []),
    ...wrong,
    ...broken.map(fault),
  ];
}
