/**
 * Compiles a struct of the schema into one straight-line function `(reader, object)` that fills the object
 * with what stands up to the reader's end, in the shape upstream's JSON would have: a field held by value
 * whose JSON leaves out the empty is left out when empty, one that JSON always prints is always there, a
 * struct held by value is at least {}. See protobuf-encoder.ts for why source is generated.
 */
import { assert } from "#apimachinery/assert.ts";
import type { FieldSchema, StructType, TypeSchema } from "#apimachinery/schema.ts";
import { structOf } from "#apimachinery/schema.ts";
import { badRequest } from "#apimachinery/status.ts";
import { type SpecialDecoder, specialDecoders } from "./special-types.ts";
import type { WireReader } from "./wire-reader.ts";

/** Returns the object it was given. */
export type StructDecoder = (reader: WireReader, object: Record<string, unknown>) => object;

const compiled = new Map<string, StructDecoder>();

/** The decoder of a struct, compiled on first use. */
export function decoderOf(type: StructType): StructDecoder {
  const known = compiled.get(type.id);
  if (known !== undefined) return known;
  const decoder = new DecoderSource(type).compile();
  compiled.set(type.id, decoder);
  return decoder;
}

type Callee = StructDecoder | SpecialDecoder;

class DecoderSource {
  readonly #type: StructType;
  readonly #callees: (() => Callee)[] = [];
  readonly #names = new Map<string, string>();

  constructor(type: StructType) {
    this.#type = type;
  }

  compile(): StructDecoder {
    const fields = this.#type.fields.filter((field) => field.number > 0);
    const cases = fields.map((field) => this.#cases(field)).join("\n");
    const defaults = fields.map((field) => this.#default(field)).join("\n");
    const numbers = JSON.stringify(fields.map((field) => field.number));
    const links = this.#callees.map(
      (_, index) =>
        `let d${index} = (r, o) => { d${index} = link[${index}](); return d${index}(r, o); };`,
    );
    const source = `"use strict";
const known = new Set(${numbers});
${links.join("\n")}
return function (r, o) {
let v, k, x;
while (r.position < r.end) {
const tag = r.uint32();
switch (tag) {
${cases}
default: if (known.has(tag >>> 3)) wrongWireType(tag); r.skip(tag);
}
}
if (r.position !== r.end) truncated();
${defaults}
return o;
};`;
    const make = new Function("link", "put", "wrongWireType", "truncated", source);
    const wrong = (tag: number): never => this.#wrongWireType(tag);
    // What the source returns has this shape by construction.
    return make(this.#callees, put, wrong, truncated) as StructDecoder;
  }

  #wrongWireType(tag: number): never {
    const field = this.#type.fields.find(({ number }) => number === tag >>> 3);
    const name = field?.name ?? "";
    const capital = name.charAt(0).toUpperCase() + name.slice(1);
    throw badRequest(`proto: wrong wireType = ${tag & 7} for field ${capital}`);
  }

  #callee(name: string, find: () => Callee): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const fresh = `d${this.#callees.push(find) - 1}`;
    this.#names.set(name, fresh);
    return fresh;
  }

  #struct(type: StructType): string {
    return this.#callee(type.id, () => decoderOf(type));
  }

  #special(type: TypeSchema & { kind: "special" }): string {
    if (type.name.startsWith("JSONSchemaProps")) {
      return this.#callee(type.name, () => schemaPropsDecoder(type.name, type.room));
    }
    const decoder = specialDecoders[type.name];
    assert(decoder !== undefined, `${type.name} has a decoder`);
    return this.#callee(type.name, () => decoder);
  }

  #cases(field: FieldSchema): string {
    const { type, number } = field;
    const target = `o[${JSON.stringify(field.name)}]`;
    if (field.inline && type.kind === "struct") {
      return `case ${tag(number, 2)}: x = r.enter(); ${this.#struct(type)}(r, o); r.leave(x); break;`;
    }
    if (type.kind === "map")
      return `case ${tag(number, 2)}: ${this.#map(type.value, target)} break;`;
    if (type.kind === "list" && !type.wrapped) return this.#list(number, type.item, target);
    const wire = wireTypeOf(type);
    return `case ${tag(number, wire)}: ${this.#assign(field, target)} break;`;
  }

  #assign(field: FieldSchema, target: string): string {
    const { type } = field;
    if (type.kind === "struct") {
      const into = `${target} === undefined ? {} : ${target}`;
      return `x = r.enter(); ${target} = ${this.#struct(type)}(r, ${into}); r.leave(x);`;
    }
    if (type.kind === "scalar") {
      if (field.pointer || field.omit === "") return `${target} = ${scalarRead(type.name)};`;
      return `v = ${scalarRead(type.name)}; if (v) ${target} = v;`;
    }
    if (type.kind === "special") {
      return `x = r.enter(); v = ${this.#special(type)}(r); r.leave(x); if (v !== undefined) ${target} = v;`;
    }
    return `${target} = ${this.#expression(type)};`;
  }

  /** A value that stands alone: a list's item, a map's value. */
  #expression(type: TypeSchema): string {
    switch (type.kind) {
      case "scalar":
        return scalarRead(type.name);
      case "struct":
        return `(x = r.enter(), v = ${this.#struct(type)}(r, {}), r.leave(x), v)`;
      case "special":
        return `(x = r.enter(), v = ${this.#special(type)}(r), r.leave(x), v)`;
      default:
        assert(type.kind === "list" && type.wrapped, "only a wrapped list stands alone");
        return `${this.#callee(`wrapped ${type.go}`, () => decodeStringList)}(r)`;
    }
  }

  #list(number: number, item: TypeSchema, target: string): string {
    const wire = wireTypeOf(item);
    const grow = `if (${target} === undefined) ${target} = [];`;
    const read = this.#expression(item);
    const single = `case ${tag(number, wire)}: ${grow} ${target}.push(${read}); break;`;
    if (wire === 2) return single;
    const packed = `x = r.enter(); while (r.position < r.end) ${target}.push(${read}); r.leave(x);`;
    return `${single}\ncase ${tag(number, 2)}: ${grow} ${packed} break;`;
  }

  #map(value: TypeSchema, target: string): string {
    const wire = wireTypeOf(value);
    const absent = zeroExpression(value, () => this.#expressionAbsent(value));
    return `if (${target} === undefined) ${target} = {};
{ const outer = r.enter(); let key = "", value;
while (r.position < r.end) { const t = r.uint32(); if (t === ${tag(1, 2)}) key = r.string(); else if (t === ${tag(2, wire)}) value = ${this.#expression(value)}; else r.skip(t); }
r.leave(outer); put(${target}, key, value === undefined ? ${absent} : value); }`;
  }

  #expressionAbsent(type: TypeSchema): string {
    if (type.kind !== "struct") return "null";
    return `(x = r.absent(), v = ${this.#struct(type)}(r, {}), r.leave(x), v)`;
  }

  #default(field: FieldSchema): string {
    const { type } = field;
    const target = `o[${JSON.stringify(field.name)}]`;
    if (field.inline && type.kind === "struct") {
      return `x = r.absent(); ${this.#struct(type)}(r, o); r.leave(x);`;
    }
    if (field.pointer) return "";
    if (type.kind === "struct") {
      return `if (${target} === undefined) { x = r.absent(); ${target} = ${this.#struct(type)}(r, {}); r.leave(x); }`;
    }
    const zero = zeroOfField(this.#type, field);
    return zero === undefined ? "" : `if (${target} === undefined) ${target} = ${zero};`;
  }
}

/** What an absent field held by value is filled with; undefined where it stays absent. Structs are filled apart. */
export function zeroOfField(
  parent: StructType,
  { name, type, omit }: FieldSchema,
): string | undefined {
  // Upstream prints null where a list has no items; every reader of a list counts on items.
  if (name === "items" && type.kind === "list" && parent.id.endsWith("List")) return "[]";
  return type.kind === "special" || omit === "" ? zeroOf(type) : undefined;
}

/** What upstream's JSON prints for a zero value; undefined where it prints null or nothing. */
function zeroOf(type: TypeSchema): string | undefined {
  if (type.kind === "scalar") return scalarZeros[type.name];
  return type.kind === "special" ? specialZeros[type.name] : undefined;
}

const scalarZeros: Readonly<Record<string, string>> = {
  string: '""',
  bool: "false",
  int32: "0",
  int64: "0",
  float64: "0",
};

const specialZeros: Readonly<Record<string, string>> = {
  Quantity: '"0"',
  IntOrString: "0",
  Duration: '"0s"',
};

function zeroExpression(type: TypeSchema, otherwise: () => string): string {
  return zeroOf(type) ?? (type.kind === "scalar" ? '""' : otherwise());
}

function tag(number: number, wireType: number): number {
  return (number << 3) | wireType;
}

function wireTypeOf(type: TypeSchema): 0 | 1 | 2 {
  if (type.kind !== "scalar") return 2;
  if (type.name === "float64") return 1;
  return type.name === "string" || type.name === "bytes" ? 2 : 0;
}

function scalarRead(name: string): string {
  switch (name) {
    case "string":
      return "r.string()";
    case "bytes":
      return "r.base64()";
    case "bool":
      return "r.bool()";
    case "float64":
      return "r.double()";
    case "int32":
      return "(r.int() | 0)";
    default:
      return "r.int()";
  }
}

/** `__proto__` is a key like any other, as JSON.parse has it. */
function put(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") {
    map[key] = value;
    return;
  }
  Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

function truncated(): never {
  throw badRequest("unexpected EOF");
}

function decodeStringList(reader: WireReader): string[] {
  const outer = reader.enter();
  const items: string[] = [];
  while (reader.position < reader.end) {
    const next = reader.uint32();
    if (next === tag(1, 2)) items.push(reader.string());
    else reader.skip(next);
  }
  reader.leave(outer);
  return items;
}

function schemaPropsDecoder(name: string, room: string): SpecialDecoder {
  const decodeSchema = decoderOf(structOf(`${room}.JSONSchemaProps`));
  const readSchema = (reader: WireReader): object => {
    const outer = reader.enter();
    const schema = decodeSchema(reader, {});
    reader.leave(outer);
    return schema;
  };
  const schemaNumber = name === "JSONSchemaPropsOrBool" ? 2 : 1;
  return (reader) => {
    let schema: object | undefined;
    let allows = false;
    const list: (object | string)[] = [];
    while (reader.position < reader.end) {
      const next = reader.uint32();
      if (next === tag(schemaNumber, 2)) schema = readSchema(reader);
      else if (next === tag(1, 0)) allows = reader.bool();
      else if (next === tag(2, 2)) {
        list.push(name === "JSONSchemaPropsOrArray" ? readSchema(reader) : reader.string());
      } else reader.skip(next);
    }
    if (name === "JSONSchemaPropsOrBool") return schema ?? allows;
    return list.length > 0 ? list : schema;
  };
}
