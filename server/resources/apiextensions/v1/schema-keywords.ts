/** What every schema obeys by itself, wherever it stands: words that are not supported, types, kinds of lists and maps. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { childrenOf } from "./schema-children.ts";
import { validateRuleWords } from "./schema-rule-words.ts";

const types = ["array", "boolean", "integer", "number", "object", "string"];

export function validateKeywords(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  if (schema.uniqueItems === true)
    checks.forbidden(
      path.child("uniqueItems"),
      "uniqueItems cannot be set to true since the runtime complexity becomes quadratic",
    );
  const others = schema.additionalProperties;
  if ((typeof others === "object" || others === false) && schema.properties !== undefined)
    if (Object.keys(schema.properties).length > 0)
      checks.forbidden(
        path.child("additionalProperties"),
        "additionalProperties and properties are mutual exclusive",
      );
  for (const child of childrenOf(schema, path)) validateKeywords(checks, child.schema, child.path);
  const kept = schema["x-kubernetes-preserve-unknown-fields"];
  if (kept === false)
    checks.invalid(
      path.child("x-kubernetes-preserve-unknown-fields"),
      kept,
      "must be true or undefined",
    );
  validateMapType(checks, schema, path);
  validateListType(checks, schema, path);
  forbiddenWords(checks, schema, path);
  validateRuleWords(checks, schema, path);
}

interface Needed {
  readonly type: string;
  readonly because: string;
}

function needsType(
  checks: FieldChecks,
  { type = "" }: JSONSchemaProps,
  path: Path,
  needed: Needed,
): void {
  const sentence = `must be ${needed.type} if ${needed.because}`;
  if (type === needed.type) return;
  if (type === "") checks.required(path.child("type"), sentence);
  else checks.invalid(path.child("type"), type, sentence);
}

function validateMapType(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  const map = schema["x-kubernetes-map-type"];
  if (map === undefined) return;
  needsType(checks, schema, path, {
    type: "object",
    because: "x-kubernetes-map-type is specified",
  });
  checks.oneOf(path.child("x-kubernetes-map-type"), map, ["atomic", "granular"]);
}

function validateListType(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  const list = schema["x-kubernetes-list-type"];
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const here = path.child("x-kubernetes-list-type");
  if (list !== undefined) {
    needsType(checks, schema, path, {
      type: "array",
      because: "x-kubernetes-list-type is specified",
    });
    checks.oneOf(here, list, ["atomic", "set", "map"]);
  }
  const sentence = "must be map if x-kubernetes-list-map-keys is non-empty";
  if (keys.length > 0 && list === undefined) checks.required(here, sentence);
  else if (keys.length > 0 && list !== "map") checks.invalid(here, list, sentence);
  if (list === "map") validateMapItems(checks, schema, path);
  if (list === "set") validateSetItems(checks, schema, path);
}

function validateMapItems(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  const { items } = schema;
  const keys = schema["x-kubernetes-list-map-keys"] ?? [];
  const keysPath = path.child("x-kubernetes-list-map-keys");
  const itemsPath = path.child("items");
  if (keys.length === 0)
    checks.required(keysPath, "must not be empty if x-kubernetes-list-type is map");
  if (items === undefined) {
    checks.required(itemsPath, "must have a schema if x-kubernetes-list-type is map");
    return;
  }
  if (Array.isArray(items)) {
    checks.invalid(
      itemsPath,
      items,
      "must only have a single schema if x-kubernetes-list-type is map",
    );
    return;
  }
  if (items.type !== "object") {
    const sentence = "must be object if parent array's x-kubernetes-list-type is map";
    checks.invalid(itemsPath.child("type"), items.type ?? "", sentence);
    return;
  }
  if (new Set(keys).size < keys.length)
    checks.invalid(keysPath, keys, "must not contain duplicate entries");
  for (const key of keys) {
    const type = items.properties?.[key]?.type;
    const place = itemsPath.child("properties").key(key);
    if (items.properties?.[key] === undefined)
      checks.invalid(keysPath, keys, "entries must all be names of item properties");
    else if (type === "array" || type === "object")
      checks.invalid(
        place.child("type"),
        type,
        "must be a scalar type if parent array's x-kubernetes-list-type is map",
      );
  }
  validateKeys(checks, items, { keys, path: itemsPath });
}

/** Items are told apart by their keys: each item has all. */
function validateKeys(
  checks: FieldChecks,
  items: JSONSchemaProps,
  { keys, path }: { readonly keys: readonly string[]; readonly path: Path },
): void {
  if (items.nullable === true)
    checks.forbidden(
      path.child("nullable"),
      "cannot be nullable when x-kubernetes-list-type is map",
    );
  for (const key of keys) {
    const property = items.properties?.[key];
    if (property === undefined) continue;
    const place = path.child("properties").key(key);
    if (property.default === undefined && items.required?.includes(key) !== true)
      checks.required(
        place.child("default"),
        "this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property",
      );
    if (property.nullable === true)
      checks.forbidden(
        place.child("nullable"),
        "this property is in x-kubernetes-list-map-keys, so it cannot be nullable",
      );
  }
}

function validateSetItems(checks: FieldChecks, { items }: JSONSchemaProps, path: Path): void {
  if (items === undefined || Array.isArray(items)) return;
  const here = path.child("items");
  if (items.nullable === true)
    checks.forbidden(
      here.child("nullable"),
      "cannot be nullable when x-kubernetes-list-type is set",
    );
  const mustBeAtomic = "must be atomic as item of a list with x-kubernetes-list-type=set";
  const map = items["x-kubernetes-map-type"];
  const list = items["x-kubernetes-list-type"];
  if (items.type === "object" && map !== "atomic")
    checks.invalid(here.child("x-kubernetes-map-type"), map ?? null, mustBeAtomic);
  if (items.type === "array" && list !== undefined && list !== "atomic")
    checks.invalid(here.child("x-kubernetes-list-type"), list, mustBeAtomic);
}

const never = [
  "id",
  "additionalItems",
  "patternProperties",
  "definitions",
  "dependencies",
  "$ref",
] as const;

/** Of these an empty one is none. */
const counted: ReadonlySet<string> = new Set(["patternProperties", "definitions"]);

function forbiddenWords(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  const { type = "" } = schema;
  if (type !== "" && !types.includes(type)) checks.oneOf(path.child("type"), type, types);
  for (const word of never) {
    const value = schema[word];
    const isEmpty =
      value === undefined || value === "" || (counted.has(word) && Object.keys(value).length === 0);
    if (!isEmpty) checks.forbidden(path.child(word), `${word} is not supported`);
  }
  if (type === "null")
    checks.forbidden(
      path.child("type"),
      "type cannot be set to null, use nullable as an alternative",
    );
  if (Array.isArray(schema.items) && schema.items.length > 0)
    checks.forbidden(path.child("items"), "items must be a schema object and not an array");
}
