/**
 * Schemas of custom resources are structural: every value has a type that is known without looking at it. As upstream,
 * what every schema obeys comes first, then structure, then defaults, and rules only where nothing else is wrong.
 */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import type { FieldError, Path } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { validateDefaults } from "./schema-defaults.ts";
import { validateKeywords } from "./schema-keywords.ts";
import { validateRules } from "./schema-rules.ts";
import { unsupportedIn, validateCompleteness, validateStructure } from "./schema-structure.ts";

interface Root {
  readonly path: Path;
  readonly hasStatus: boolean;
}

/** With a status subresource: those that still hold when the schema of status is taken out by itself. */
const rootFields: ReadonlySet<string> = new Set([
  ...["description", "type", "format", "title", "maximum", "exclusiveMaximum", "minimum"],
  ...[
    "exclusiveMinimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
  ],
  ...["multipleOf", "required", "items", "properties", "externalDocs", "example"],
  ...["x-kubernetes-preserve-unknown-fields", "x-kubernetes-validations"],
]);

/** Upstream looks at fields in their order, and no further than the first that is wrong. */
const beforeType = ["id", "$schema", "$ref"] as const;

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== "" && value !== false && value !== null;

function rootFaults(checks: FieldChecks, schema: JSONSchemaProps, { path, hasStatus }: Root): void {
  const { type = "", nullable } = schema;
  if (hasStatus) {
    const isEarly = beforeType.some((name) => isGiven(schema[name]));
    const isOdd = Object.entries(schema).some(
      ([name, value]) => isGiven(value) && !rootFields.has(name),
    );
    if (type !== "" && type !== "object" && !isEarly)
      checks.invalid(
        path.child("type"),
        type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      );
    else if (isOdd)
      checks.invalid(
        path,
        schema,
        "has fields at its root that the status subresource does not allow",
      );
  }
  if (nullable === true)
    checks.forbidden(path.child("nullable"), "nullable cannot be true at the root");
}

/** Upstream's are in no order of their own. */
const sorted = (errors: readonly FieldError[]): FieldError[] => {
  const textOf = ({ field, message }: FieldError): string => `${field}: ${message}`;
  return errors.toSorted((a, b) => (textOf(a) < textOf(b) ? -1 : 1));
};

export function validateSchema(checks: FieldChecks, schema: JSONSchemaProps, root: Root): void {
  const { path } = root;
  const own = new FieldChecks();
  rootFaults(own, schema, root);
  const keywords = new FieldChecks();
  validateKeywords(keywords, schema, path);
  const structure = new FieldChecks();
  const unsupported = unsupportedIn(schema);
  if (unsupported === undefined) {
    validateStructure(structure, schema, { path, level: "root" });
    validateCompleteness(structure, schema, path);
  }
  own.add([...sorted(structure.errors), ...keywords.errors]);
  if (unsupported !== undefined && own.errors.length === 0) own.invalid(path, "", unsupported);
  if (unsupported === undefined && structure.errors.length === 0)
    validateDefaults(own, schema, path);
  if (own.errors.length === 0) validateRules(own, schema, path);
  checks.add(own.errors);
}
