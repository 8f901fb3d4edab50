/** Formats that a schema of its type may name; the others say nothing to upstream, but that it warns of them. */
import { Path } from "#apimachinery/field-error.ts";
import { stringFormats } from "#apimachinery/string-formats.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { childrenOf } from "./schema-children.ts";

/** Any text is a password. */
const ofText: ReadonlySet<string> = new Set([...Object.keys(stringFormats), "password"]);
const ofNumbers: Readonly<Record<string, ReadonlySet<string>>> = {
  integer: new Set(["int32", "int64"]),
  number: new Set(["float", "double"]),
};

/** As it is written; "": none that is known. */
export function knownFormat({ type = "", format = "" }: JSONSchemaProps): string {
  const isOfText = type === "" || type === "string";
  const known = isOfText ? ofText.has(format.replaceAll("-", "")) : ofNumbers[type]?.has(format);
  return known === true ? format : "";
}

/** Of a schema and of all within it, each once. */
export function formatWarnings(schema: JSONSchemaProps): string[] {
  const { format = "" } = schema;
  const own =
    format === knownFormat(schema) ? [] : [`unrecognized format ${JSON.stringify(format)}`];
  const inner = childrenOf(schema, new Path("")).flatMap((child) => formatWarnings(child.schema));
  return [...new Set([...own, ...inner])];
}
