/** Bounds, patterns and formats of strings and numbers. */
import { RE2JS } from "@bufbuild/re2";
import { type FieldError, Path, tooLong } from "#apimachinery/field-error.ts";
import { Recent } from "#apimachinery/recent.ts";
import { hasFormat } from "#apimachinery/string-formats.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { knownFormat } from "#resources/apiextensions/v1/schema-formats.ts";
import { bodyFault, fault } from "./faults.ts";
import { rangeErrors } from "./types.ts";

export function scalarErrors(value: unknown, schema: JSONSchemaProps, path: string): FieldError[] {
  if (typeof value === "string")
    return [...stringErrors(value, schema, path), ...formatErrors(value, schema, path)];
  if (typeof value !== "number") return [];
  return [...rangeErrors(value, schema, path), ...numberErrors(value, schema, path)];
}

/** A format is a type to upstream, and is judged beside the bounds. */
function formatErrors(value: string, schema: JSONSchemaProps, path: string): FieldError[] {
  const format = knownFormat(schema);
  if (format === "" || hasFormat(value, format)) return [];
  const shown = JSON.stringify(value);
  const message = `Invalid value: ${shown}: ${path} in body must be of type ${format}: ${shown}`;
  return [fault(path, "FieldValueTypeInvalid", message)];
}

/** Schemas come and go: the patterns of those that went are not kept for ever. */
const compiled = new Recent<RE2JS>(1_000);

/** In linear time whatever the pattern: it is a client's, and so is the text. */
function matches(source: string, value: string): boolean {
  return compiled.obtain(source, () => new RE2JS(source)).test(value);
}

/** The first fault: upstream looks no further. */
function stringErrors(value: string, schema: JSONSchemaProps, path: string): FieldError[] {
  const { minLength, maxLength, pattern } = schema;
  const length = [...value].length;
  if (maxLength !== undefined && length > maxLength) return [tooLong(new Path(path), maxLength)];
  if (minLength !== undefined && length < minLength) {
    return [bodyFault(path, value, `should be at least ${minLength} chars long`)];
  }
  if (pattern !== undefined && pattern !== "" && !matches(pattern, value)) {
    return [bodyFault(path, value, `should match '${pattern}'`)];
  }
  return [];
}

function numberErrors(value: number, schema: JSONSchemaProps, path: string): FieldError[] {
  const sentence = numberFault(value, schema);
  return sentence === undefined ? [] : [bodyFault(path, value, sentence)];
}

function numberFault(value: number, schema: JSONSchemaProps): string | undefined {
  const { minimum, maximum, multipleOf } = schema;
  const strictMax = schema.exclusiveMaximum === true;
  const strictMin = schema.exclusiveMinimum === true;
  if (multipleOf !== undefined && multipleOf > 0 && !Number.isInteger(value / multipleOf)) {
    return `should be a multiple of ${multipleOf}`;
  }
  if (maximum !== undefined && (value > maximum || (strictMax && value === maximum))) {
    return `should be ${strictMax ? "less than" : "less than or equal to"} ${maximum}`;
  }
  if (minimum !== undefined && (value < minimum || (strictMin && value === minimum))) {
    return `should be ${strictMin ? "greater than" : "greater than or equal to"} ${minimum}`;
  }
  return undefined;
}
