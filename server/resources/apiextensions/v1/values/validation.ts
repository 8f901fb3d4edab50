/**
 * A custom resource against its OpenAPI v3 schema: types, bounds, enums, patterns, formats, required fields,
 * list types and the combinators. Rules in CEL (x-kubernetes-validations) are not evaluated.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import {
  duplicate,
  type FieldError,
  notSupported,
  Path,
  required,
  tooMany,
} from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { combinatorErrors } from "./combinators.ts";
import { bodyFault } from "./faults.ts";
import { scalarErrors } from "./scalar-validation.ts";
import { childPath, type Fields, fieldSchema, isFields, itemSchema } from "./schema.ts";
import { typeErrors } from "./types.ts";

export interface Validated {
  readonly path: string;
  /** The value before an update: what did not change is not held against the client. */
  readonly old?: unknown;
}

/** Everything that is wrong with `value`. */
export function schemaErrors(
  value: unknown,
  schema: JSONSchemaProps,
  { path, old }: Validated,
): FieldError[] {
  if (old !== undefined && deepEqual(value, old)) return [];
  if (value === null && schema.nullable === true) return [];
  const mistyped = typeErrors(value, schema, path);
  const enumerated = schema.enum;
  const unlisted =
    enumerated === undefined || enumerated.some((one) => deepEqual(one, value))
      ? []
      : [notSupported(new Path(path), value, enumerated.map(String), "as given")];
  // A null is nothing else that could be judged.
  if (value === null) return [...mistyped, ...unlisted];
  return [
    ...mistyped,
    ...unlisted,
    ...scalarErrors(value, schema, path),
    ...(Array.isArray(value) ? arrayErrors(value, schema, { path, old }) : []),
    ...(isFields(value) ? objectErrors(value, schema, { path, old }) : []),
    ...combinatorErrors(path, schema, (branch) => schemaErrors(value, branch, { path })),
  ];
}

function arrayErrors(
  items: readonly unknown[],
  schema: JSONSchemaProps,
  { path, old }: Validated,
): FieldError[] {
  const { minItems, maxItems, uniqueItems } = schema;
  const errors: FieldError[] = [];
  if (maxItems !== undefined && items.length > maxItems) {
    errors.push(tooMany(new Path(path), items.length, maxItems));
  }
  if (minItems !== undefined && items.length < minItems) {
    errors.push(bodyFault(path, items.length, `should have at least ${minItems} items`));
  }
  const keys = items.map((item) => identity(item, schema));
  if (uniqueItems === true && new Set(keys).size < keys.length) {
    errors.push(bodyFault(path, items.length, "shouldn't contain duplicates"));
  }
  const own = itemSchema(schema);
  const before = Array.isArray(old) && isKeyed(schema) ? old : [];
  for (const [index, item] of items.entries()) {
    const previous = before.find((one) => identity(one, schema) === keys[index]);
    const at = { path: `${path}[${index}]`, old: previous };
    if (own !== undefined) errors.push(...schemaErrors(item, own, at));
    if (isKeyed(schema) && keys.indexOf(keys[index] ?? "") < index) {
      errors.push(duplicate(new Path(path).index(index), keyShown(item, schema)));
    }
  }
  return errors;
}

const isKeyed = (schema: JSONSchemaProps): boolean =>
  schema["x-kubernetes-list-type"] === "set" || schema["x-kubernetes-list-type"] === "map";

/** Of a map's item its keys, with the defaults of those left out. */
function keyShown(item: unknown, schema: JSONSchemaProps): unknown {
  const names = schema["x-kubernetes-list-map-keys"] ?? [];
  if (schema["x-kubernetes-list-type"] !== "map" || !isFields(item)) return item;
  const defaults = itemSchema(schema)?.properties;
  return Object.fromEntries(names.map((name) => [name, item[name] ?? defaults?.[name]?.default]));
}

const identity = (item: unknown, schema: JSONSchemaProps): string =>
  JSON.stringify(keyShown(item, schema)) ?? "";

function objectErrors(
  fields: Fields,
  schema: JSONSchemaProps,
  { path, old }: Validated,
): FieldError[] {
  const { minProperties, maxProperties } = schema;
  const errors: FieldError[] = [];
  const names = Object.keys(fields).filter((name) => fields[name] !== undefined);
  for (const name of schema.required ?? []) {
    if (fields[name] === undefined) errors.push(required(new Path(childPath(path, name)), ""));
  }
  if (maxProperties !== undefined && names.length > maxProperties) {
    errors.push(tooMany(new Path(path), names.length, maxProperties));
  }
  if (minProperties !== undefined && names.length < minProperties) {
    errors.push(bodyFault(path, names.length, `should have at least ${minProperties} properties`));
  }
  for (const name of names) {
    const own = fieldSchema(schema, name);
    if (own === undefined) continue;
    const previous = isFields(old) ? old[name] : undefined;
    errors.push(...schemaErrors(fields[name], own, { path: childPath(path, name), old: previous }));
  }
  if (schema["x-kubernetes-embedded-resource"] === true) errors.push(...embedded(fields, path));
  return errors;
}

function embedded(fields: Fields, path: string): FieldError[] {
  return ["apiVersion", "kind"]
    .filter((name) => typeof fields[name] !== "string" || fields[name] === "")
    .map((name) => required(new Path(childPath(path, name)), "must not be empty"));
}
