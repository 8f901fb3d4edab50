/** Formats that say nothing to upstream, of which it warns. */
import { Path } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import { childrenOf } from "./schema-children.ts";

const ofText: ReadonlySet<string> = new Set([
  ...["bsonobjectid", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "password"],
  ...["uuid", "uuid3", "uuid4", "uuid5", "isbn", "isbn10", "isbn13", "creditcard", "ssn"],
  ...["hexcolor", "rgbcolor", "byte", "date", "datetime", "date-time", "duration"],
  ...["k8s-short-name", "k8s-long-name"],
]);
const ofNumbers: Readonly<Record<string, ReadonlySet<string>>> = {
  integer: new Set(["int32", "int64"]),
  number: new Set(["float", "double"]),
};

/** Of a schema and of all within it, each once. */
export function formatWarnings(schema: JSONSchemaProps): string[] {
  const { type = "", format = "" } = schema;
  const known = format === "" || (ofNumbers[type] ?? ofText).has(format);
  const own = known ? [] : [`unrecognized format ${JSON.stringify(format)}`];
  const inner = childrenOf(schema, new Path("")).flatMap((child) => formatWarnings(child.schema));
  return [...new Set([...own, ...inner])];
}
