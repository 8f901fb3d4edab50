/** Whether a schema's default is a value of that schema. */
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";

export interface DefaultFault {
  /** Below the default: `.a[0]`. */
  readonly at: string;
  readonly isType: boolean;
  readonly sentence: string;
}

const typed: Readonly<Record<string, (value: unknown) => boolean>> = {
  array: Array.isArray,
  boolean: (value) => typeof value === "boolean",
  integer: Number.isInteger,
  number: (value) => typeof value === "number",
  object: (value) => typeof value === "object" && value !== null && !Array.isArray(value),
  string: (value) => typeof value === "string",
};

export function defaultFault(
  schema: JSONSchemaProps,
  value: unknown,
  at = "",
): DefaultFault | undefined {
  const { type = "" } = schema;
  if (value === null && schema.nullable === true) return undefined;
  const either = schema["x-kubernetes-int-or-string"] === true;
  const fits = either
    ? typeof value === "string" || Number.isInteger(value)
    : type === "" || typed[type]?.(value) === true;
  if (!fits)
    return { at, isType: true, sentence: `must be of type ${either ? "integer or string" : type}` };
  const bound = boundFault(schema, value);
  if (bound !== undefined) return { at, isType: false, sentence: bound };
  return childFault(schema, value, at);
}

function boundFault(schema: JSONSchemaProps, value: unknown): string | undefined {
  const { minimum, maximum, minLength, maxLength } = schema;
  if (typeof value === "number") {
    if (minimum !== undefined && value < minimum)
      return `should be greater than or equal to ${minimum}`;
    if (maximum !== undefined && value > maximum)
      return `should be less than or equal to ${maximum}`;
  }
  if (typeof value === "string") {
    if (minLength !== undefined && value.length < minLength)
      return `should be at least ${minLength} chars long`;
    if (maxLength !== undefined && value.length > maxLength)
      return `should be at most ${maxLength} chars long`;
  }
  const allowed = schema.enum?.map((one) => JSON.stringify(one));
  if (allowed !== undefined && !allowed.includes(JSON.stringify(value)))
    return `should be one of [${allowed.join(" ")}]`;
  return undefined;
}

function childFault(
  { properties = {}, items }: JSONSchemaProps,
  value: unknown,
  at: string,
): DefaultFault | undefined {
  if (Array.isArray(value)) {
    if (items === undefined || Array.isArray(items)) return undefined;
    for (const [index, item] of value.entries()) {
      const fault = defaultFault(items, item, `${at}[${index}]`);
      if (fault !== undefined) return fault;
    }
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [name, child] of Object.entries(value)) {
    const property = properties[name];
    const fault = property && defaultFault(property, child, `${at}.${name}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}
