/** Bounds, patterns and formats of strings and numbers. */
import { type FieldError, Path, tooLong } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { bodyFault, fault } from "./faults.ts";
import { fitsFormat, hasFormat } from "./formats.ts";

export function scalarErrors(value: unknown, schema: JSONSchemaProps, path: string): FieldError[] {
  if (typeof value === "string")
    return [...stringErrors(value, schema, path), ...formatErrors(value, schema, path)];
  if (typeof value !== "number") return [];
  return [...numberErrors(value, schema, path), ...formatErrors(value, schema, path)];
}

/** A format is a type to upstream, and is judged beside the bounds. */
function formatErrors(
  value: string | number,
  { format }: JSONSchemaProps,
  path: string,
): FieldError[] {
  if (format === undefined) return [];
  const fits = typeof value === "string" ? hasFormat(value, format) : fitsFormat(value, format);
  if (fits) return [];
  const shown = JSON.stringify(value);
  const message = `Invalid value: ${shown}: ${path} in body must be of type ${format}: ${shown}`;
  return [fault(path, "FieldValueTypeInvalid", message)];
}

const compiled = new Map<string, RegExp | undefined>();
/** Schemas come and go: the patterns of those that went are not kept for ever. */
const compiledMax = 1_000;

/** undefined: not a pattern that this runtime reads; such a one refuses nothing. */
function patternOf(source: string): RegExp | undefined {
  if (compiled.has(source)) return compiled.get(source);
  let pattern: RegExp | undefined;
  try {
    pattern = new RegExp(source, "u");
  } catch {
    pattern = undefined;
  }
  if (compiled.size >= compiledMax) compiled.clear();
  compiled.set(source, pattern);
  return pattern;
}

/** The first fault: upstream looks no further. */
function stringErrors(value: string, schema: JSONSchemaProps, path: string): FieldError[] {
  const { minLength, maxLength, pattern } = schema;
  const length = [...value].length;
  if (maxLength !== undefined && length > maxLength) return [tooLong(new Path(path), maxLength)];
  if (minLength !== undefined && length < minLength) {
    return [bodyFault(path, value, `should be at least ${minLength} chars long`)];
  }
  if (pattern !== undefined && pattern !== "" && patternOf(pattern)?.test(value) === false) {
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
