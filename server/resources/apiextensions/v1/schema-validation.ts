/** Schemas of custom resources are structural: every value has a type that is known without looking at it. */
import { Buffer } from "node:buffer";
import { checkCel } from "#apimachinery/cel/check.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps, ValidationRule } from "#gen/api/apiextensions/v1.ts";
import { defaultFault } from "./schema-defaults.ts";

const types = ["array", "boolean", "integer", "number", "object", "string"];
const ruleBytesMax = 10 * 1024;

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

export function validateSchema(
  checks: FieldChecks,
  schema: JSONSchemaProps,
  { path, hasStatus }: Root,
): void {
  const typePath = path.child("type");
  const { type = "" } = schema;
  if (type !== "" && type !== "object") {
    checks.invalid(typePath, type, "must be object at the root");
    if (hasStatus)
      checks.invalid(
        typePath,
        type,
        'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
      );
  }
  if (hasStatus && Object.entries(schema).some(([name, value]) => value && !rootFields.has(name)))
    checks.invalid(
      path,
      schema,
      "has fields at its root that the status subresource does not allow",
    );
  if (schema.nullable === true)
    checks.forbidden(path.child("nullable"), "nullable cannot be true at the root");
  validateNode(checks, schema, { path, isRoot: true });
}

interface Place {
  readonly path: Path;
  readonly isRoot: boolean;
}

function validateNode(checks: FieldChecks, schema: JSONSchemaProps, { path, isRoot }: Place): void {
  const { type = "" } = schema;
  const intOrString = schema["x-kubernetes-int-or-string"] === true;
  const anything = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (type === "" && !intOrString && !anything)
    checks.required(
      path.child("type"),
      isRoot ? "must not be empty at the root" : "must not be empty for specified object fields",
    );
  if (type !== "" && !types.includes(type)) checks.oneOf(path.child("type"), type, types);
  if (type !== "" && intOrString)
    checks.invalid(path.child("type"), type, "must be empty if x-kubernetes-int-or-string is true");
  forbiddenWords(checks, schema, path);
  validateExtensions(checks, schema, path);
  validateChildren(checks, schema, path);
  validateLogic(checks, schema, path);
  validatePattern(checks, schema, path);
  if (schema.default !== undefined) {
    const fault = defaultFault(schema, schema.default);
    if (fault !== undefined)
      checks.add([
        {
          reason: fault.isType ? "FieldValueTypeInvalid" : "FieldValueInvalid",
          field: path.child("default").text + fault.at,
          message: `Invalid value: ${JSON.stringify(schema.default)}: ${fault.sentence}`,
        },
      ]);
  }
  for (const [index, rule] of (schema["x-kubernetes-validations"] ?? []).entries())
    validateRule(checks, rule, path.child("x-kubernetes-validations").index(index));
}

const never = [
  "$ref",
  "definitions",
  "dependencies",
  "patternProperties",
  "additionalItems",
  "id",
] as const;

function forbiddenWords(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  for (const word of never) {
    const value = schema[word];
    const isEmpty = value === undefined || value === "" || value === false;
    if (!isEmpty) checks.forbidden(path.child(word), `${word} is not supported`);
  }
  if (schema.uniqueItems === true)
    checks.forbidden(
      path.child("uniqueItems"),
      "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    );
}

function validateExtensions(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  const list = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const map = schema["x-kubernetes-map-type"];
  const { type = "" } = schema;
  if (list !== undefined) {
    checks.oneOf(path.child("x-kubernetes-list-type"), list, ["atomic", "map", "set"]);
    if (type !== "array")
      checks.invalid(
        path.child("type"),
        type,
        "must be array if x-kubernetes-list-type is specified",
      );
  }
  if (list === "map" && keys.length === 0)
    checks.required(
      path.child("x-kubernetes-list-map-keys"),
      "must not be empty if x-kubernetes-list-type is map",
    );
  if (list !== "map" && keys.length > 0)
    checks.invalid(
      path.child("x-kubernetes-list-type"),
      list ?? null,
      "must be map if x-kubernetes-list-map-keys is non-empty",
    );
  if (map !== undefined) {
    checks.oneOf(path.child("x-kubernetes-map-type"), map, ["atomic", "granular"]);
    if (type !== "object")
      checks.invalid(
        path.child("type"),
        type,
        "must be object if x-kubernetes-map-type is specified",
      );
  }
  const kept = schema["x-kubernetes-preserve-unknown-fields"];
  if (kept === false)
    checks.invalid(
      path.child("x-kubernetes-preserve-unknown-fields"),
      kept,
      "must be true or undefined",
    );
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  if (embedded && type !== "object")
    checks.invalid(
      path.child("type"),
      type,
      "must be object if x-kubernetes-embedded-resource is true",
    );
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (embedded && !open && Object.keys(schema.properties ?? {}).length === 0)
    checks.required(
      path.child("properties"),
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    );
}

function validateChildren(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  const { properties, additionalProperties, items, type } = schema;
  const named = Object.entries(properties ?? {});
  if (additionalProperties !== undefined) {
    const here = path.child("additionalProperties");
    if (named.length > 0)
      checks.forbidden(here, "additionalProperties and properties are mutual exclusive");
    if (additionalProperties === false)
      checks.forbidden(here, "additionalProperties cannot be set to false");
    if (typeof additionalProperties === "object")
      validateNode(checks, additionalProperties, { path: here, isRoot: false });
  }
  for (const [name, property] of named)
    validateNode(checks, property, { path: path.child("properties").key(name), isRoot: false });
  if (type === "array" && items === undefined)
    checks.required(path.child("items"), "must be specified");
  if (Array.isArray(items))
    checks.forbidden(path.child("items"), "items must be a schema object and not an array");
  else if (items !== undefined)
    validateNode(checks, items, { path: path.child("items"), isRoot: false });
}

const structural = [
  "additionalProperties",
  "default",
  "description",
  "nullable",
  "title",
  "type",
] as const;

/** Within allOf and its like only values are bounded: what a value is stands outside. */
function validateLogic(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  for (const word of ["allOf", "anyOf", "oneOf"] as const)
    for (const [index, branch] of (schema[word] ?? []).entries())
      validateBranch(checks, branch, { path: path.child(word).index(index), outer: schema });
  if (schema.not !== undefined)
    validateBranch(checks, schema.not, { path: path.child("not"), outer: schema });
}

interface Branch {
  readonly path: Path;
  readonly outer: JSONSchemaProps | undefined;
}

function validateBranch(
  checks: FieldChecks,
  branch: JSONSchemaProps,
  { path, outer }: Branch,
): void {
  const typed = outer?.["x-kubernetes-int-or-string"] === true ? ["type"] : [];
  for (const word of structural) {
    const value = branch[word];
    const isEmpty = value === undefined || value === "" || value === false;
    if (!isEmpty && !typed.includes(word))
      checks.forbidden(path.child(word), "must be empty to be structural");
  }
  for (const [name, property] of Object.entries(branch.properties ?? {})) {
    const inner = outer?.properties?.[name];
    const here = path.child("properties").key(name);
    validateBranch(checks, property, { path: here, outer: inner });
  }
  validateLogic(checks, branch, path);
}

function validatePattern(checks: FieldChecks, { pattern }: JSONSchemaProps, path: Path): void {
  if (pattern === undefined || pattern === "") return;
  try {
    new RegExp(pattern.replaceAll(/\(\?[a-z]+\)/g, ""));
  } catch {
    checks.invalid(path.child("pattern"), pattern, "must be a valid regular expression");
  }
}

function validateRuleMessage(
  checks: FieldChecks,
  {
    rule,
    message,
    messageExpression,
  }: { rule: string; message: string; messageExpression: string },
  path: Path,
): void {
  if (message !== "" && message.trim() === "")
    checks.invalid(path, message, "message must be non-empty if specified");
  else if (message.includes("\n"))
    checks.invalid(path, message, "message must not contain line breaks");
  else if (rule.trim().includes("\n") && message === "" && messageExpression === "")
    checks.required(
      path,
      "message or messageExpression must be specified if rule contains line breaks",
    );
}

function validateRule(
  checks: FieldChecks,
  { rule = "", message = "", messageExpression = "", reason, fieldPath }: ValidationRule,
  path: Path,
): void {
  const rulePath = path.child("rule");
  if (!checks.present(rulePath, rule.trim(), "rule is not specified")) return;
  const expressions = [
    ["rule", rule, ["bool"]],
    ["messageExpression", messageExpression, ["string"]],
  ] as const;
  for (const [field, expression, wanted] of expressions) {
    if (expression.trim() === "") continue;
    try {
      if (Buffer.byteLength(expression) > ruleBytesMax) throw new SyntaxError("too long");
      const type = checkCel(expression, ["self", "oldSelf"]);
      if (type !== "dyn" && !wanted.some((one) => one === type))
        checks.invalid(path.child(field), expression, `must evaluate to ${wanted.join(" or ")}`);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      checks.invalid(path.child(field), expression, `compilation failed: ${error.message}`);
    }
  }
  validateRuleMessage(checks, { rule, message, messageExpression }, path.child("message"));
  if (reason !== undefined)
    checks.oneOf(path.child("reason"), reason, [
      "FieldValueDuplicate",
      "FieldValueForbidden",
      "FieldValueInvalid",
      "FieldValueRequired",
    ]);
  if (fieldPath !== undefined && fieldPath.trim() === "")
    checks.invalid(path.child("fieldPath"), fieldPath, "fieldPath must be non-empty if specified");
}
