/**
 * Why a tree of JSON cannot become what a strategic merge patch was of: upstream converts the merged tree field by
 * field, in the order of its Go structs, and tells the first field that does not fit in Go's words.
 */
import type { ScalarType, StructType, TypeSchema } from "#apimachinery/schema.ts";
import { goType } from "./go-text.ts";
import { isJsonObject, type JsonObject } from "./json-object.ts";

const kindOf = (value: unknown): string => {
  const type = goType(value) ?? "";
  if (type === "[]interface {}") return "slice";
  return type === "map[string]interface {}" ? "map" : type;
};

/** undefined: it fits, or only its own type can tell. */
export function conversionFailure(
  type: StructType | undefined,
  object: JsonObject,
): string | undefined {
  return type === undefined ? undefined : structFailure(type, object);
}

function structFailure(type: StructType, value: unknown): string | undefined {
  if (!isJsonObject(value)) return `cannot restore struct from: ${kindOf(value)}`;
  for (const field of type.fields) {
    const failure = field.inline
      ? failureOf(field.type, value)
      : failureOf(field.type, value[field.name]);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

function failureOf(type: TypeSchema, value: unknown): string | undefined {
  if (value === null || value === undefined) return undefined;
  switch (type.kind) {
    case "scalar":
      return scalarFailure(type, value);
    case "special":
      return undefined;
    case "struct":
      return structFailure(type, value);
    case "list":
      return Array.isArray(value)
        ? firstOf(value, type.item)
        : `cannot restore slice from ${kindOf(value)}`;
    case "map":
      return isJsonObject(value)
        ? firstOf(Object.values(value), type.value)
        : `cannot restore map from ${kindOf(value)}`;
  }
}

function firstOf(values: readonly unknown[], type: TypeSchema): string | undefined {
  for (const value of values) {
    const failure = failureOf(type, value);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

const isNumber = (name: string): boolean => /^(int|float)/.test(name);

function scalarFailure({ name, go }: ScalarType, value: unknown): string | undefined {
  if (name === "any") return undefined;
  const from = kindOf(value);
  if (name === "bytes") {
    // No bytes may be written as a list of none.
    const isNone = Array.isArray(value) && value.length === 0;
    return from === "string" || isNone ? undefined : `cannot restore slice from ${from}`;
  }
  if (name === from || (isNumber(name) && Number.isInteger(value))) return undefined;
  if (name === "float64" && from === "float64") return undefined;
  const converts = isNumber(from) && (isNumber(name) || (name === "string" && from === "int64"));
  return converts ? `cannot convert ${from} to ${go}` : `unrecognized type: ${name}`;
}
