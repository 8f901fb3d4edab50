/**
 * What merging needs to know of a type: which values are leaves, by what an item of a list is known. Made from
 * the schema table for built-in kinds; a custom resource definition makes its own from its schema, and a kind
 * of which nothing is known merges as `deduced`.
 */
import type { FieldSchema, StructType, TypeSchema } from "#apimachinery/schema.ts";

export interface ScalarMerge {
  readonly kind: "scalar";
  /** `untyped` takes any scalar. */
  readonly scalar: "numeric" | "string" | "boolean" | "untyped";
}

/** A field that is part of an item's key, and what its absence means. */
export interface ListKey {
  readonly name: string;
  readonly default?: unknown;
}

export interface ListMerge {
  readonly kind: "list";
  /** One value: `keys` means nothing. */
  readonly atomic: boolean;
  /** Sorted by name; empty: a set of scalars. */
  readonly keys: readonly ListKey[];
  readonly item: MergeType;
}

export interface MergeField {
  readonly type: MergeType;
  /** Where a struct stands without this field, upstream holds null: its Go type has no absence here. */
  readonly implicitNull: boolean;
}

/** A struct, a map, or both: named fields, then what any other key holds (undefined: no other key is known). */
export interface MapMerge {
  readonly kind: "map";
  readonly atomic: boolean;
  readonly fields: ReadonlyMap<string, MergeField>;
  /** Names of fields with `implicitNull`. */
  readonly implicitNulls: readonly string[];
  readonly rest: MergeType | undefined;
}

/** Anything: scalars and lists are leaves, maps are too when `atomic`, else each key counts. */
export interface AnyMerge {
  readonly kind: "any";
  readonly atomic: boolean;
}

export type MergeType = ScalarMerge | ListMerge | MapMerge | AnyMerge;

/** Of a kind without a schema, and of a part that keeps unknown fields. */
export const deduced: AnyMerge = { kind: "any", atomic: false };

const opaque: AnyMerge = { kind: "any", atomic: true };
const untyped: ScalarMerge = { kind: "scalar", scalar: "untyped" };

const scalars = {
  string: { kind: "scalar", scalar: "string" },
  bytes: { kind: "scalar", scalar: "string" },
  bool: { kind: "scalar", scalar: "boolean" },
  int32: { kind: "scalar", scalar: "numeric" },
  int64: { kind: "scalar", scalar: "numeric" },
  float64: { kind: "scalar", scalar: "numeric" },
  any: deduced,
} as const satisfies Record<string, MergeType>;

const specials = {
  Quantity: untyped,
  IntOrString: untyped,
  Time: untyped,
  MicroTime: untyped,
  Duration: scalars.string,
  RawExtension: opaque,
  FieldsV1: deduced,
  JSON: deduced,
  JSONSchemaPropsOrArray: deduced,
  JSONSchemaPropsOrBool: deduced,
  JSONSchemaPropsOrStringArray: deduced,
} as const satisfies Record<string, MergeType>;

type Facts = Partial<
  Pick<FieldSchema, "listType" | "listMapKeys" | "mapType" | "patchStrategy" | "patchMergeKey">
>;

const noFields: ReadonlyMap<string, MergeField> = new Map();

/** Where no list type is said, the patch strategy says it. */
function keyNames(facts: Facts): readonly string[] | undefined {
  if (facts.listType === "map") return facts.listMapKeys ?? [];
  if (facts.listType === "set") return [];
  if (facts.listType === "atomic" || !facts.patchStrategy?.startsWith("merge")) return undefined;
  return facts.patchMergeKey === undefined ? [] : [facts.patchMergeKey];
}

function keyOf(item: TypeSchema, name: string): ListKey {
  const field = item.kind === "struct" ? item.properties.get(name) : undefined;
  if (field?.default !== undefined) return { name, default: field.default };
  const { type, pointer, omit } = field ?? {};
  if (type?.kind !== "scalar" || pointer || omit !== "") return { name };
  const zeros = { string: "", boolean: false, numeric: 0 } as const;
  const merge = scalars[type.name];
  return merge.kind === "scalar" ? { name, default: zeros[merge.scalar] } : { name };
}

/** Two types hold each other in JSONSchemaProps and its like: what a list or map holds is read on first use. */
class List implements ListMerge {
  readonly kind = "list";
  readonly atomic: boolean;
  readonly keys: readonly ListKey[];
  readonly #schema: TypeSchema;
  #item: MergeType | undefined;

  constructor(item: TypeSchema, facts: Facts) {
    const names = keyNames(facts);
    this.atomic = names === undefined;
    this.keys = [...(names ?? [])].sort().map((name) => keyOf(item, name));
    this.#schema = item;
  }

  get item(): MergeType {
    this.#item ??= typeOf(this.#schema, {});
    return this.#item;
  }
}

class PlainMap implements MapMerge {
  readonly kind = "map";
  readonly atomic: boolean;
  readonly fields = noFields;
  readonly implicitNulls = [];
  readonly #schema: TypeSchema;
  #rest: MergeType | undefined;

  constructor(value: TypeSchema, facts: Facts) {
    this.atomic = facts.mapType === "atomic";
    this.#schema = value;
  }

  get rest(): MergeType {
    this.#rest ??= typeOf(this.#schema, {});
    return this.#rest;
  }
}

function holdsNull({ pointer, omit, type }: FieldSchema): boolean {
  if (pointer) return omit === "";
  if (omit === "zero") return false;
  if (type.kind === "special") return ["Time", "MicroTime", "RawExtension"].includes(type.name);
  if (omit === "empty") return false;
  return (
    type.kind === "list" ||
    type.kind === "map" ||
    (type.kind === "scalar" && (type.name === "bytes" || type.name === "any"))
  );
}

class Struct implements MapMerge {
  readonly kind = "map";
  readonly atomic: boolean;
  readonly rest = undefined;
  readonly #struct: StructType;
  #fields: ReadonlyMap<string, MergeField> | undefined;
  #implicitNulls: readonly string[] | undefined;

  constructor(struct: StructType, atomic: boolean) {
    this.atomic = atomic;
    this.#struct = struct;
  }

  get fields(): ReadonlyMap<string, MergeField> {
    this.#fields ??= new Map(
      [...this.#struct.properties].map(([name, field]) => [
        name,
        { type: typeOf(field.type, field), implicitNull: holdsNull(field) },
      ]),
    );
    return this.#fields;
  }

  get implicitNulls(): readonly string[] {
    this.#implicitNulls ??= [...this.fields]
      .filter(([, field]) => field.implicitNull)
      .map(([name]) => name);
    return this.#implicitNulls;
  }
}

const structs = new Map<string, Struct>();

function structMerge(struct: StructType, mapType: FieldSchema["mapType"]): Struct {
  const atomic = mapType === undefined ? struct.atomic : mapType === "atomic";
  const id = `${struct.id} ${atomic}`;
  const known = structs.get(id) ?? new Struct(struct, atomic);
  structs.set(id, known);
  return known;
}

function typeOf(schema: TypeSchema, facts: Facts): MergeType {
  switch (schema.kind) {
    case "scalar":
      return scalars[schema.name];
    case "special":
      return specials[schema.name];
    case "struct":
      return structMerge(schema, facts.mapType);
    case "list":
      return new List(schema.item, facts);
    case "map":
      return new PlainMap(schema.value, facts);
  }
}

/** How a built-in kind merges. */
export function mergeTypeOf(struct: StructType): MapMerge {
  return structMerge(struct, undefined);
}
