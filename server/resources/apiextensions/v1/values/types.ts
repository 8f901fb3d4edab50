/** Whether a value is of its schema's type, in the sentences of upstream's schema validator. */
import type { FieldError } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { knownFormat } from "#resources/apiextensions/v1/schema-formats.ts";
import { fault } from "./faults.ts";

const isInt64 = (value: number): boolean => Number.isInteger(value) && Math.abs(value) < 2 ** 63;

/** As upstream's error names what it found. */
function jsonType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (typeof value === "number") return isInt64(value) ? "integer" : "number";
  return typeof value;
}

/** Go's type of a number, beside a format; nothing else has one. */
function formatOf(value: unknown): string {
  if (typeof value !== "number") return "";
  return isInt64(value) ? "int64" : "float64";
}

/** The types that the schema takes; empty: any. */
function typesOf(schema: JSONSchemaProps): readonly string[] {
  if (schema["x-kubernetes-int-or-string"] === true) return ["integer", "string"];
  return schema.type === undefined || schema.type === "" ? [] : [schema.type];
}

/** At most one. */
export function typeErrors(value: unknown, schema: JSONSchemaProps, path: string): FieldError[] {
  const types = typesOf(schema);
  const actual = jsonType(value);
  if (types.length === 0 || types.includes(actual)) return [];
  if (actual === "integer" && types.includes("number")) return [];
  const mistyped = (type: string, found: string): FieldError[] => {
    const sentence = `${path} in body must be of type ${type}: "${found}"`;
    return [fault(path, "FieldValueTypeInvalid", `Invalid value: "${found}": ${sentence}`)];
  };
  const format = knownFormat(schema);
  if (format === "" || value === null) return mistyped(types.join(","), actual);
  if (typeof value !== "string" && !Array.isArray(value)) return mistyped(format, formatOf(value));
  // Upstream leaves a list to its check of the format, which looks at text alone.
  return types.includes("string") ? [] : mistyped(types.join(","), actual);
}

/** A number must be within its type and format, whatever was said of its type already. Upstream gives these no field. */
export function rangeErrors(value: number, schema: JSONSchemaProps, path: string): FieldError[] {
  const { type = "" } = schema;
  const format = knownFormat(schema);
  const fits: Readonly<Record<string, boolean>> = {
    int32: Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31,
    float: Number.isFinite(Math.fround(value)),
    double: true,
  };
  const isWithin = fits[format] ?? (type !== "integer" || isInt64(value));
  if (isWithin) return [];
  const kind = format === "" ? "(default format)" : `with format ${format}`;
  const sentence = `Checked value must be of type ${type} ${kind} in ${path}`;
  return [fault("", "FieldValueInvalid", `Invalid value: "": ${sentence}`)];
}
