/**
 * Structural pruning: what the schema does not speak of is taken out, so that no client can hide data that a
 * later version of the schema would give a meaning to.
 */
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";
import {
  childPath,
  type Fields,
  fieldSchema,
  isFields,
  itemSchema,
  objectFields,
} from "./schema.ts";

const preserves = (schema: JSONSchemaProps): boolean =>
  schema["x-kubernetes-preserve-unknown-fields"] === true || schema.additionalProperties === true;

/** Checks the metadata of an embedded object; the paths of what went, from the object's own root. */
type TakeInMetadata = (object: Fields) => readonly string[];

/**
 * Prunes an object with apiVersion, kind and metadata in place; the paths of what went. Its own metadata is the
 * caller's affair, that of objects embedded in it is `metadata`'s.
 */
export function prune(
  value: unknown,
  schema: JSONSchemaProps,
  metadata: TakeInMetadata = () => [],
): string[] {
  const gone: string[] = [];
  pruneValue(value, schema, { path: "", root: true, gone, metadata });
  return gone.sort();
}

/** The same of a value that is no object of its own. */
export function pruneValueOf(value: unknown, schema: JSONSchemaProps): string[] {
  const gone: string[] = [];
  pruneValue(value, schema, { path: "", root: false, gone, metadata: () => [] });
  return gone;
}

interface Place {
  readonly path: string;
  readonly root: boolean;
  readonly gone: string[];
  readonly metadata: TakeInMetadata;
}

function pruneValue(value: unknown, schema: JSONSchemaProps, place: Place): void {
  if (Array.isArray(value)) {
    const items = itemSchema(schema);
    if (items === undefined) return;
    for (const [index, item] of value.entries()) {
      pruneValue(item, items, { ...place, root: false, path: `${place.path}[${index}]` });
    }
  } else if (isFields(value)) pruneFields(value, schema, place);
}

function pruneFields(fields: Fields, schema: JSONSchemaProps, place: Place): void {
  const isObject = place.root || schema["x-kubernetes-embedded-resource"] === true;
  if (isObject && !place.root && isFields(fields["metadata"])) {
    place.gone.push(...place.metadata(fields).map((path) => childPath(place.path, path)));
  }
  for (const [name, value] of Object.entries(fields)) {
    if (isObject && objectFields.has(name)) continue;
    const path = childPath(place.path, name);
    const own = fieldSchema(schema, name);
    if (own !== undefined) pruneValue(value, own, { ...place, root: false, path });
    else if (!preserves(schema)) {
      delete fields[name];
      place.gone.push(path);
    }
  }
}
