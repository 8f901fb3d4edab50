/** The schemas within a schema, and where they stand. */
import type { Path } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps } from "#gen/api/apiextensions/v1.ts";

export interface Child {
  readonly schema: JSONSchemaProps;
  readonly path: Path;
}

const named = (
  schemas: Readonly<Record<string, JSONSchemaProps>> | undefined,
  path: Path,
): Child[] =>
  Object.entries(schemas ?? {}).map(([name, schema]) => ({ schema, path: path.key(name) }));

/** What values are made of: properties, other properties, items. */
export function partsOf(schema: JSONSchemaProps, path: Path): Child[] {
  const { additionalProperties, properties, items } = schema;
  const others = typeof additionalProperties === "object" ? [additionalProperties] : [];
  const itemPath = path.child("items");
  const itemSchemas = Array.isArray(items)
    ? items.map((item, index) => ({ schema: item, path: itemPath.index(index) }))
    : items === undefined
      ? []
      : [{ schema: items, path: itemPath }];
  return [
    ...others.map((one) => ({ schema: one, path: path.child("additionalProperties") })),
    ...named(properties, path.child("properties")),
    ...itemSchemas,
  ];
}

/** What else is asked of a value as a whole: not, allOf, oneOf, anyOf. */
export function branchesOf(schema: JSONSchemaProps, path: Path): Child[] {
  const { not } = schema;
  return [
    ...(not === undefined ? [] : [{ schema: not, path: path.child("not") }]),
    ...(["allOf", "oneOf", "anyOf"] as const).flatMap((word) =>
      (schema[word] ?? []).map((branch, index) => ({
        schema: branch,
        path: path.child(word).index(index),
      })),
    ),
  ];
}

/** All of them, and those that no structural schema has. */
export function childrenOf(schema: JSONSchemaProps, path: Path): Child[] {
  const dependencies = Object.entries(schema.dependencies ?? {}).flatMap(([name, one]) =>
    Array.isArray(one) || typeof one !== "object" || one === null
      ? []
      : [{ schema: one as JSONSchemaProps, path: path.child("dependencies").key(name) }],
  );
  return [
    ...partsOf(schema, path),
    ...branchesOf(schema, path),
    ...named(schema.definitions, path.child("definitions")),
    ...dependencies,
  ];
}
