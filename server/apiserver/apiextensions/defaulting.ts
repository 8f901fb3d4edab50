/** Defaults from the schema, on what clients send and on what is stored: a new default shows on old objects. */
import { deepCopy } from "#apimachinery/deep-copy.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import {
  type Fields,
  fieldSchema,
  isFields,
  itemSchema,
} from "#resources/apiextensions/v1/values/schema.ts";

/** Fills in place. A null that the schema does not allow counts as absent. */
export function applyDefaults(value: unknown, schema: JSONSchemaProps): void {
  if (Array.isArray(value)) {
    const items = itemSchema(schema);
    if (items === undefined) return;
    for (const item of value) applyDefaults(item, items);
  } else if (isFields(value)) defaultFields(value, schema);
}

function defaultFields(fields: Fields, schema: JSONSchemaProps): void {
  for (const [name, own] of Object.entries(schema.properties ?? {})) {
    if (fields[name] === null && own.nullable !== true) delete fields[name];
    if (own.default !== undefined && fields[name] === undefined) {
      fields[name] = deepCopy(own.default);
    }
  }
  for (const [name, value] of Object.entries(fields)) {
    const own = fieldSchema(schema, name);
    if (own !== undefined) applyDefaults(value, own);
  }
}
