/** The schema table as strategic merge patch asks for it. */
import type { PatchSchema } from "#apimachinery/patch/strategic-merge-patch.ts";
import { type StructType, schemaOf, type TypeSchema } from "#apimachinery/schema.ts";

const known = new WeakMap<StructType, PatchSchema>();

function structIn(type: TypeSchema): StructType | undefined {
  if (type.kind === "struct") return type;
  return type.kind === "list" ? structIn(type.item) : undefined;
}

function schemaFrom(struct: StructType): PatchSchema {
  const hit = known.get(struct);
  if (hit !== undefined) return hit;
  const schema: PatchSchema = {
    field(name) {
      const field = struct.properties.get(name);
      if (field === undefined) return undefined;
      const inner = structIn(field.type);
      return {
        strategies: field.patchStrategy?.split(",") ?? [],
        mergeKey: field.patchMergeKey,
        schema: inner === undefined ? undefined : schemaFrom(inner),
      };
    },
  };
  known.set(struct, schema);
  return schema;
}

export function patchSchemaOf(apiVersion: string, kind: string): PatchSchema | undefined {
  const struct = schemaOf(apiVersion, kind);
  return struct === undefined ? undefined : schemaFrom(struct);
}
