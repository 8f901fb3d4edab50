/** Structure: what a value is stands outside of allOf and its like, within which values are only bounded. */
import { RE2JS } from "@bufbuild/re2";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { messageOf } from "#apimachinery/error-message.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { branchesOf, type Child, childrenOf } from "./schema-children.ts";

const hasEntries = (value: object | undefined): boolean =>
  value !== undefined && Object.keys(value).length > 0;

/** What no structural schema can say; undefined: nothing of it is said. */
export function unsupportedIn(schema: JSONSchemaProps): string | undefined {
  const { id = "", $schema = "", $ref = "" } = schema;
  if (id !== "") return "OpenAPIV3 'id' is not supported";
  if ($schema !== "") return "OpenAPIV3Schema 'schema' is not supported";
  if ($ref !== "") return "OpenAPIV3Schema '$ref' is not supported";
  for (const word of ["definitions", "dependencies", "patternProperties"] as const)
    if (hasEntries(schema[word])) return `OpenAPIV3Schema '${word}' is not supported`;
  if (schema.additionalItems !== undefined)
    return "OpenAPIV3Schema 'additionalItems' is not supported";
  if (Array.isArray(schema.items)) return "OpenAPIV3Schema 'items' must be a schema";
  if (schema["x-kubernetes-preserve-unknown-fields"] === false)
    return "'x-kubernetes-preserve-unknown-fields' must be true or undefined";
  for (const child of childrenOf(schema, new Path("spec"))) {
    const found = unsupportedIn(child.schema);
    if (found !== undefined) return found;
  }
  return undefined;
}

type Level = "root" | "item" | "field";

interface Place {
  readonly path: Path;
  readonly level: Level;
}

const untyped: Readonly<Record<Level, string>> = {
  root: "must not be empty at the root",
  item: "must not be empty for specified array items",
  field: "must not be empty for specified object fields",
};

/** What the branches of a whole schema bound must stand outside of them too. */
export function validateCompleteness(checks: FieldChecks, root: JSONSchemaProps, path: Path): void {
  for (const { schema } of branchesOf(root, path)) complete(checks, schema, { root, path });
}

function complete(
  checks: FieldChecks,
  branch: JSONSchemaProps,
  { root, path }: { readonly root: JSONSchemaProps | undefined; readonly path: Path },
): void {
  if (root === undefined) {
    checks.required(path, "because it is defined in a branch");
    return;
  }
  for (const { schema } of branchesOf(branch, path)) complete(checks, schema, { root, path });
  const { items } = root;
  if (branch.items !== undefined && !Array.isArray(branch.items)) {
    const own = Array.isArray(items) ? undefined : items;
    complete(checks, branch.items, { root: own, path: path.child("items") });
  }
  for (const [name, property] of Object.entries(branch.properties ?? {})) {
    const own = root.properties?.[name];
    complete(checks, property, { root: own, path: path.child("properties").key(name) });
  }
}

/** Of a schema that holds nothing unsupported. */
export function validateStructure(checks: FieldChecks, schema: JSONSchemaProps, at: Place): void {
  const { path, level } = at;
  const { type = "", items, properties = {}, additionalProperties: others } = schema;
  const embedded = schema["x-kubernetes-embedded-resource"] === true;
  if (type === "array" && items === undefined)
    checks.required(path.child("items"), "must be specified");
  if (items !== undefined && !Array.isArray(items))
    validateStructure(checks, items, { path: path.child("items"), level: "item" });
  for (const [name, property] of Object.entries(properties))
    validateStructure(checks, property, {
      path: path.child("properties").key(name),
      level: "field",
    });
  if (others !== undefined) validateOthers(checks, schema, at);
  validateExtensions(checks, schema, path);
  validateBounds(checks, schema, {
    path,
    any: namesTypes(schema),
    first: namesTypes(schema.allOf?.[0]),
  });
  validateType(checks, schema, at);
  if (embedded || level === "root") validateObjectFields(checks, schema, at);
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  if (embedded && !open && !hasEntries(properties))
    checks.required(
      path.child("properties"),
      "must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields",
    );
}

function validateOthers(checks: FieldChecks, schema: JSONSchemaProps, { path, level }: Place) {
  const { additionalProperties: others } = schema;
  const here = path.child("additionalProperties");
  if (level === "root") checks.forbidden(here, "must not be used at the root");
  if (typeof others === "object") validateStructure(checks, others, { path: here, level: "field" });
  if (schema["x-kubernetes-embedded-resource"] === true)
    checks.forbidden(here, "must not be used if x-kubernetes-embedded-resource is set");
}

function validateType(checks: FieldChecks, schema: JSONSchemaProps, { path, level }: Place): void {
  const { type = "" } = schema;
  const here = path.child("type");
  const intOrString = schema["x-kubernetes-int-or-string"] === true;
  const open = schema["x-kubernetes-preserve-unknown-fields"] === true;
  const sentence = "must be object if x-kubernetes-embedded-resource is true";
  if (schema["x-kubernetes-embedded-resource"] === true && type !== "object") {
    if (type === "") checks.required(here, sentence);
    else checks.invalid(here, type, sentence);
  } else if (type === "" && !intOrString && !open) checks.required(here, untyped[level]);
  if (level === "root" && type !== "" && type !== "object")
    checks.invalid(here, type, "must be object at the root");
}

function validateExtensions(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  if (schema["x-kubernetes-int-or-string"] !== true) return;
  for (const word of [
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-embedded-resource",
  ] as const)
    if (schema[word] === true)
      checks.invalid(path.child(word), true, "must be false if x-kubernetes-int-or-string is true");
}

/** Of metadata a schema can bound the name alone. */
const boundedNames = ["generateName", "name"];

/** apiVersion, kind and metadata, of a whole object. */
function validateObjectFields(checks: FieldChecks, schema: JSONSchemaProps, at: Place): void {
  const here = at.path.child("properties");
  for (const name of ["kind", "apiVersion"]) {
    const property = schema.properties?.[name];
    if (property !== undefined && property.type !== "string")
      checks.invalid(here.key(name).child("type"), property.type ?? "", "must be string");
  }
  const metadata = schema.properties?.["metadata"];
  if (metadata === undefined) return;
  const place = here.key("metadata");
  if (metadata.type !== "object")
    checks.invalid(place.child("type"), metadata.type ?? "", "must be object");
  if (at.level !== "root") return;
  const { type: _, default: __, properties = {}, ...rest } = metadata;
  const odd = Object.keys(properties).some((name) => !boundedNames.includes(name));
  const more = Object.values(rest).some(
    (value) => value !== undefined && value !== "" && value !== false,
  );
  if (odd || more)
    checks.forbidden(
      place,
      "must not specify anything other than name and generateName, but metadata is implicitly specified",
    );
}

/** The one way in which branches may name types: a number or text. */
const numberOrText: readonly JSONSchemaProps[] = [{ type: "integer" }, { type: "string" }];

const namesTypes = (schema: JSONSchemaProps | undefined): boolean =>
  deepEqual(schema?.anyOf, numberOrText);

interface Skipped {
  readonly path: Path;
  /** anyOf says number or text, where it may. */
  readonly any: boolean;
  /** The first of allOf does. */
  readonly first: boolean;
}

/** What bounds values: patterns, and branches. */
function validateBounds(checks: FieldChecks, schema: JSONSchemaProps, skipped: Skipped): void {
  const { path } = skipped;
  const [first] = schema.allOf ?? [];
  for (const branch of branchesOf(schema, path)) {
    if (skipped.any && schema.anyOf?.includes(branch.schema) === true) continue;
    validateBranch(checks, branch, skipped.first && branch.schema === first);
  }
  validatePattern(checks, schema, path);
}

const structural = [
  ...["type", "default", "title", "description", "nullable"],
  ...["x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"],
  ...["x-kubernetes-int-or-string", "x-kubernetes-list-map-keys", "x-kubernetes-list-type"],
  ...["x-kubernetes-map-type", "x-kubernetes-validations", "additionalProperties"],
];

function validateBranch(checks: FieldChecks, { schema, path }: Child, any = false): void {
  validateBounds(checks, schema, { path, any, first: false });
  const { items, properties = {} } = schema;
  if (items !== undefined && !Array.isArray(items))
    validateBranch(checks, { schema: items, path: path.child("items") });
  for (const [name, property] of Object.entries(properties))
    validateBranch(checks, { schema: property, path: path.child("properties").key(name) });
  const said = new Map<string, unknown>(Object.entries(schema));
  for (const word of structural) {
    const value = said.get(word) ?? undefined;
    const isEmpty =
      value === undefined ||
      value === "" ||
      (value === false && word !== "default" && word !== "additionalProperties") ||
      (Array.isArray(value) && value.length === 0);
    if (!isEmpty) checks.forbidden(path.child(word), "must be undefined to be structural");
  }
  if (properties["metadata"] !== undefined)
    checks.forbidden(
      path.child("properties").key("metadata"),
      "must not be specified in a nested context",
    );
}

function validatePattern(checks: FieldChecks, { pattern }: JSONSchemaProps, path: Path): void {
  if (pattern === undefined || pattern === "") return;
  try {
    new RE2JS(pattern);
  } catch (error) {
    const why = `must be a valid regular expression, but isn't: ${messageOf(error)}`;
    checks.invalid(path.child("pattern"), pattern, why);
  }
}
