/** The schema table as strategic merge patch asks for it. */
import { assert } from "#apimachinery/assert.ts";
import type { PatchField, PatchSchema } from "#apimachinery/patch/strategic-merge-patch.ts";
import {
  type FieldSchema,
  type StructType,
  schemaOf,
  structOf,
  type TypeSchema,
} from "#apimachinery/schema.ts";

const known = new WeakMap<TypeSchema, PatchSchema>();

/** Of Go's types that hold JSON as it came, or text: no field of theirs is known. */
const kinds: Readonly<Record<string, string>> = { any: "interface", bytes: "slice" };

function kindOf(type: TypeSchema): string {
  if (type.kind === "scalar") return kinds[type.name] ?? type.name;
  if (type.kind === "special") return "struct";
  return type.kind === "list" ? "slice" : type.kind;
}

function fieldFrom(field: FieldSchema): PatchField {
  const type =
    field.name === "metadata" && field.type.kind === "struct"
      ? structOf(field.type.id)
      : field.type;
  return {
    strategies: field.patchStrategy?.split(",") ?? [],
    mergeKey: field.patchMergeKey,
    schema: schemaFrom(type.kind === "list" ? type.item : type),
    mayBeList: type.kind === "list" || field.pointer || kindOf(type) === "slice",
  };
}

function schemaFrom(type: TypeSchema): PatchSchema {
  const hit = known.get(type);
  if (hit !== undefined) return hit;
  const properties: StructType["properties"] = type.kind === "struct" ? type.properties : new Map();
  const schema: PatchSchema = {
    kind: kindOf(type),
    name: type.go.slice(type.go.indexOf(".") + 1),
    field(name) {
      const field = properties.get(name);
      return field === undefined ? undefined : fieldFrom(field);
    },
  };
  known.set(type, schema);
  return schema;
}

export function patchSchemaOf(apiVersion: string, kind: string): PatchSchema {
  const struct = schemaOf(apiVersion, kind);
  assert(struct !== undefined, `no schema of ${apiVersion} ${kind}`);
  return schemaFrom(struct);
}
