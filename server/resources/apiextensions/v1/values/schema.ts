/** What the parts of a custom resource's schema mean: shared by pruning, defaulting and validation. */
import type {
  CustomResourceDefinitionVersion,
  JSONSchemaProps,
} from "#gen/api/apiextensions/v1.ts";

export type Fields = Record<string, unknown>;

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Fields that every object has and that no schema of a custom resource speaks of. */
export const objectFields: ReadonlySet<string> = new Set(["apiVersion", "kind", "metadata"]);

/** The schema of a version; one that says nothing where it has none. */
export function schemaOfVersion({ schema }: CustomResourceDefinitionVersion): JSONSchemaProps {
  return schema?.openAPIV3Schema ?? { type: "object" };
}

/** The schema under which a field of an object stands; undefined: none speaks of it. */
export function fieldSchema(schema: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  const { properties, additionalProperties } = schema;
  if (properties !== undefined && Object.hasOwn(properties, name)) return properties[name];
  return typeof additionalProperties === "object" ? additionalProperties : undefined;
}

/** The schema of an array's items; structural schemas have one for all. */
export function itemSchema({ items }: JSONSchemaProps): JSONSchemaProps | undefined {
  return Array.isArray(items) ? undefined : items;
}

/** `spec.list[2].name`. */
export function childPath(path: string, name: string): string {
  return path === "" ? name : `${path}.${name}`;
}
