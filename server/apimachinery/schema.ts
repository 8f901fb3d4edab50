/**
 * The one schema table: what every API type holds, for codecs, pruning, merging and validation.
 * server/gen/schema.json is its compact form, `npm run gen` writes it; types are read on first use.
 */
import { assert } from "#apimachinery/assert.ts";
import table from "#gen/schema.json" with { type: "json" };

/** Types that are not built from fields: the codec knows how each one travels. */
export type SpecialName =
  | "Quantity"
  | "IntOrString"
  | "Time"
  | "MicroTime"
  | "Duration"
  | "RawExtension"
  | "FieldsV1"
  | "JSON"
  | "JSONSchemaPropsOrArray"
  | "JSONSchemaPropsOrBool"
  | "JSONSchemaPropsOrStringArray";

export type ScalarName = "string" | "bool" | "int32" | "int64" | "float64" | "bytes" | "any";

export interface ScalarType {
  readonly kind: "scalar";
  readonly name: ScalarName;
  /** Upstream's Go type, as its error sentences name it: `v1.PodPhase`, `int32`. */
  readonly go: string;
}

export interface SpecialType {
  readonly kind: "special";
  readonly name: SpecialName;
  readonly go: string;
  /** The package that JSONSchemaProps of this special type is in; else unused. */
  readonly room: string;
}

export interface ListType {
  readonly kind: "list";
  readonly item: TypeSchema;
  readonly go: string;
  /** Travels in protobuf as a message whose only field is the list. */
  readonly wrapped: boolean;
}

export interface MapType {
  readonly kind: "map";
  readonly value: TypeSchema;
  readonly go: string;
}

/** Fields as declared (an inlined struct is one field), and as JSON sees them (its fields stand in the parent). */
export interface StructType {
  readonly kind: "struct";
  /** `core.v1.Pod`; unique. */
  readonly id: string;
  readonly go: string;
  readonly fields: readonly FieldSchema[];
  readonly properties: ReadonlyMap<string, FieldSchema>;
  /** One value to merging: whoever sets a part of it sets all of it. */
  readonly atomic: boolean;
}

export type TypeSchema = ScalarType | SpecialType | ListType | MapType | StructType;

export interface FieldSchema {
  /** JSON name; "" where inline. */
  readonly name: string;
  /** Protobuf number; 0 where the field has no wire form. */
  readonly number: number;
  readonly type: TypeSchema;
  /** Absent is not the same as zero: upstream holds a pointer. */
  readonly pointer: boolean;
  /** When upstream's JSON leaves the field out: never, when it is empty (a struct never is), when it is zero. */
  readonly omit: "" | "empty" | "zero";
  readonly inline: boolean;
  readonly required: boolean;
  readonly listType?: "atomic" | "map" | "set";
  readonly listMapKeys?: readonly string[];
  readonly mapType?: "atomic" | "granular";
  /** `merge`, `replace`, `retainKeys`, or two of them with a comma. */
  readonly patchStrategy?: string;
  readonly patchMergeKey?: string;
  /** What absence means where that is not the type's zero. */
  readonly default?: string;
}

type FieldFacts = Pick<
  FieldSchema,
  "listType" | "listMapKeys" | "mapType" | "patchStrategy" | "patchMergeKey" | "default"
> & { readonly required?: boolean };

type FieldRow = readonly [
  name: string,
  number: number,
  type: string,
  omit: "" | "empty" | "zero",
  facts?: FieldFacts,
];

interface Table {
  readonly kinds: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly named: Readonly<Record<string, string>>;
  readonly structs: Readonly<Record<string, readonly FieldRow[]>>;
  readonly atomic: Readonly<Record<string, true>>;
}

// The JSON import types every row as a union of arrays; npm run gen writes rows of this shape.
const { kinds, named, structs, atomic } = table as unknown as Table;

const specials: Readonly<Record<string, SpecialName>> = {
  "api.resource.Quantity": "Quantity",
  "util.intstr.IntOrString": "IntOrString",
  "meta.v1.Time": "Time",
  "meta.v1.MicroTime": "MicroTime",
  "meta.v1.Duration": "Duration",
  "meta.v1.FieldsV1": "FieldsV1",
  "runtime.RawExtension": "RawExtension",
  "apiextensions.v1.JSON": "JSON",
  "apiextensions.v1.JSONSchemaPropsOrArray": "JSONSchemaPropsOrArray",
  "apiextensions.v1.JSONSchemaPropsOrBool": "JSONSchemaPropsOrBool",
  "apiextensions.v1.JSONSchemaPropsOrStringArray": "JSONSchemaPropsOrStringArray",
};

const scalars: Readonly<Record<string, ScalarName>> = {
  string: "string",
  bool: "bool",
  int32: "int32",
  int64: "int64",
  float64: "float64",
  "[]uint8": "bytes",
  "interface {}": "any",
};

/** `core.v1.PodPhase` -> `v1.PodPhase`, `map[core.v1.ResourceName]...` likewise inside. */
function goName(type: string): string {
  return type.replace(/[\w.]+\.(\w+\.\w+)/g, "$1");
}

const resolved = new Map<string, TypeSchema>();

/** The type that a row's text names; a leading `*` says pointer and is the field's affair. */
function typeOf(text: string): TypeSchema {
  const known = resolved.get(text);
  if (known !== undefined) return known;
  const type = resolve(text);
  resolved.set(text, type);
  return type;
}

function resolve(text: string): TypeSchema {
  const go = goName(text);
  const scalar = scalars[text];
  if (scalar !== undefined) return { kind: "scalar", name: scalar, go };
  const special = specials[text];
  if (special !== undefined) {
    return { kind: "special", name: special, go, room: text.slice(0, text.lastIndexOf(".")) };
  }
  if (text.startsWith("[]")) return listOf(text.slice(2).replace(/^\*/, ""), go, false);
  if (text.startsWith("map[")) return mapOf(text.slice(text.indexOf("]") + 1), go);
  if (structs[text] !== undefined) return new Struct(text);
  return renamed(text, go);
}

function listOf(item: string, go: string, wrapped: boolean): ListType {
  return { kind: "list", item: typeOf(item), go, wrapped };
}

function mapOf(value: string, go: string): MapType {
  return { kind: "map", value: typeOf(value), go };
}

/** A Go type that names another: it travels as that one, error sentences keep its own name. */
function renamed(text: string, go: string): TypeSchema {
  const meaning = named[text];
  assert(meaning !== undefined, `the schema table knows ${text}`);
  const wrapped = meaning.startsWith("wrapped ");
  const type = typeOf(wrapped ? meaning.slice("wrapped ".length) : meaning);
  if (type.kind === "list") return { ...type, go, wrapped };
  return type.kind === "struct" ? type : { ...type, go };
}

/** Reads its fields on first use: types name each other in cycles. */
class Struct implements StructType {
  readonly kind = "struct";
  readonly id: string;
  readonly go: string;
  readonly atomic: boolean;
  #fields: readonly FieldSchema[] | undefined;
  #properties: ReadonlyMap<string, FieldSchema> | undefined;

  constructor(id: string) {
    this.id = id;
    this.go = goName(id);
    this.atomic = atomic[id] === true;
  }

  get fields(): readonly FieldSchema[] {
    this.#fields ??= (structs[this.id] ?? []).map(readField);
    return this.#fields;
  }

  get properties(): ReadonlyMap<string, FieldSchema> {
    this.#properties ??= new Map(flatten(this.fields).map((field) => [field.name, field]));
    return this.#properties;
  }
}

function readField([name, number, text, omit, facts]: FieldRow): FieldSchema {
  const pointer = text.startsWith("*");
  const type = typeOf(pointer ? text.slice(1) : text);
  return { name, number, type, pointer, omit, inline: name === "", required: false, ...facts };
}

function flatten(fields: readonly FieldSchema[]): FieldSchema[] {
  return fields.flatMap((field) =>
    field.inline && field.type.kind === "struct" ? flatten(field.type.fields) : [field],
  );
}

/** The type of a kind; undefined where upstream's published API has none (a custom resource). */
export function schemaOf(apiVersion: string, kind: string): StructType | undefined {
  const id = kindIn(apiVersion, kind) ?? (apiVersion === "" ? undefined : kindIn("*", kind));
  return id === undefined ? undefined : structOf(id);
}

/** Names come from outside: `constructor` is no kind. */
function kindIn(apiVersion: string, kind: string): string | undefined {
  const group = Object.hasOwn(kinds, apiVersion) ? kinds[apiVersion] : undefined;
  return group !== undefined && Object.hasOwn(group, kind) ? group[kind] : undefined;
}

/** A struct by its id, `core.v1.PodSpec`: for code that means one certain type. */
export function structOf(id: string): StructType {
  const type = typeOf(id);
  assert(type.kind === "struct", `${id} is a struct`);
  return type;
}

/** Every `[apiVersion, kind]` of the table; kinds that each group has stand once, with the apiVersion `*`. */
export function allKinds(): [apiVersion: string, kind: string][] {
  return Object.entries(kinds).flatMap(([apiVersion, group]) =>
    Object.keys(group).map((kind): [string, string] => [apiVersion, kind]),
  );
}
