/**
 * Why a tree of JSON cannot become what a strategic merge patch was of: upstream converts the merged tree field by
 * field, in the order of its Go structs, and tells the first field that does not fit in Go's words.
 */
import { goWrongType } from "#apimachinery/codec/json-walk.ts";
import {
  base64Text,
  specialReaders,
  UnreadableValue,
  WrongJsonType,
} from "#apimachinery/codec/special-json.ts";
import type { ScalarType, StructType, TypeSchema } from "#apimachinery/schema.ts";
import { goType } from "./go-text.ts";
import { isJsonObject, type JsonObject } from "./json-object.ts";

const kindOf = (value: unknown): string => {
  const type = goType(value) ?? "";
  if (type === "[]interface {}") return "slice";
  return type === "map[string]interface {}" ? "map" : type;
};

/** undefined: it fits. */
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
      return readingFault(() => specialReaders[type.name]?.(value), value);
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

/** Such a type reads its own JSON, and knows nothing of the field that holds it. */
function readingFault(read: () => unknown, value: unknown): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (error instanceof UnreadableValue) return error.message;
    if (!(error instanceof WrongJsonType)) throw error;
    return `json: cannot unmarshal ${goWrongType(value, error.go)} into Go value of type ${error.go}`;
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
    if (typeof value !== "string") return isNone ? undefined : `cannot restore slice from ${from}`;
    const fault = readingFault(() => base64Text(value), value);
    return fault === undefined ? undefined : `error decoding from json: ${fault}`;
  }
  if (name === from || (isNumber(name) && Number.isInteger(value))) return undefined;
  if (name === "float64" && from === "float64") return undefined;
  const converts = isNumber(from) && (isNumber(name) || (name === "string" && from === "int64"));
  return converts ? `cannot convert ${from} to ${go}` : `unrecognized type: ${name}`;
}
