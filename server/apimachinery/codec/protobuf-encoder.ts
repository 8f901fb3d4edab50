/**
 * Compiles a struct of the schema into one straight-line function `(object, writer)`. Source is built and
 * handed to `new Function`, since property names written out in the code are looked up by the engine's
 * inline caches; closures over a field list were measured at a third of the speed. The source holds nothing
 * but names and numbers of our own schema table.
 *
 * Upstream's bytes are matched: fields by number, map entries by key, and a field that upstream holds by
 * value is written even when it is zero. As the writer runs backwards, so does the generated code.
 */
import { assert } from "#apimachinery/assert.ts";
import type { FieldSchema, StructType, TypeSchema } from "#apimachinery/schema.ts";
import { structOf } from "#apimachinery/schema.ts";
import { type SpecialEncoder, specialEncoders } from "./special-types.ts";
import type { WireWriter } from "./wire-writer.ts";

export type StructEncoder = (object: object, writer: WireWriter) => void;

const compiled = new Map<string, StructEncoder>();

/** The encoder of a struct, compiled on first use. */
export function encoderOf(type: StructType): StructEncoder {
  const known = compiled.get(type.id);
  if (known !== undefined) return known;
  const encoder = new EncoderSource(type).compile();
  compiled.set(type.id, encoder);
  return encoder;
}

/** Whether every field can travel: Table and its like are JSON only. */
export function hasWireForm(type: StructType): boolean {
  return type.fields.every(
    (field) => field.number > 0 || (field.inline && field.type.kind === "struct"),
  );
}

type Callee = StructEncoder | SpecialEncoder;

class EncoderSource {
  readonly #type: StructType;
  readonly #callees: (() => Callee)[] = [];
  readonly #names = new Map<string, string>();
  #locals = 0;

  constructor(type: StructType) {
    this.#type = type;
  }

  compile(): StructEncoder {
    const wired = this.#type.fields.filter((field) => field.number > 0);
    const body = [...wired]
      .sort((left, right) => right.number - left.number)
      .map((field) => this.#field(field))
      .join("\n");
    // A callee is linked when it is first called: types name each other in cycles.
    const links = this.#callees.map(
      (_, index) => `let e${index} = (o, w) => { e${index} = link[${index}](); e${index}(o, w); };`,
    );
    const source = `"use strict";\nconst none = {};\n${links.join("\n")}\nreturn function (o, w) {\nlet v, m;\n${body}\n};`;
    const make = new Function("link", "keysDescending", source);
    // What the source returns has this shape by construction.
    return make(this.#callees, keysDescending) as StructEncoder;
  }

  #callee(name: string, find: () => Callee): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const fresh = `e${this.#callees.push(find) - 1}`;
    this.#names.set(name, fresh);
    return fresh;
  }

  #struct(type: StructType): string {
    return this.#callee(type.id, () => encoderOf(type));
  }

  #field(field: FieldSchema): string {
    const { type, number } = field;
    if (field.inline && type.kind === "struct")
      return this.#message(number, this.#struct(type), "o");
    const value = `o[${JSON.stringify(field.name)}]`;
    const read = `v = ${value};`;
    if (type.kind === "list" || type.kind === "map") {
      return `${read} if (v !== undefined && v !== null) ${this.#value(number, type, "v")}`;
    }
    if (!field.pointer && writtenWhenZero(type)) {
      return `${read} ${this.#value(number, type, zeroFilled(type, "v"))}`;
    }
    return `${read} if (v !== undefined && v !== null) { ${this.#value(number, type, "v")} }`;
  }

  #message(number: number, encoder: string, value: string): string {
    return `m = w.written; ${encoder}(${value}, w); w.close(${tag(number, 2)}, m);`;
  }

  /** Statements that write `value` under the field number; within a nested loop `v` and `m` are not kept. */
  #value(number: number, type: TypeSchema, value: string): string {
    switch (type.kind) {
      case "scalar":
        return scalarStatement(number, type.name, value);
      case "special":
        return this.#message(number, this.#special(type), value);
      case "struct": {
        // The nested call may overwrite nothing of ours: v and m are locals of this function.
        return this.#message(number, this.#struct(type), value);
      }
      case "list":
        return this.#list(number, type, value);
      case "map":
        return this.#map(number, type.value, value);
    }
  }

  #special(type: TypeSchema & { kind: "special" }): string {
    if (type.name.startsWith("JSONSchemaProps")) {
      return this.#callee(type.name, () => schemaPropsEncoder(type.name, type.room));
    }
    const encoder = specialEncoders[type.name];
    assert(encoder !== undefined, `${type.name} has an encoder`);
    return this.#callee(type.name, () => encoder);
  }

  #list(number: number, type: TypeSchema & { kind: "list" }, value: string): string {
    const id = this.#locals++;
    const item = `i${id}`;
    const each = this.#value(
      type.wrapped ? 1 : number,
      type.item,
      zeroFilled(type.item, `l${id}[${item}]`),
    );
    const loop = `const l${id} = ${value}; for (let ${item} = l${id}.length - 1; ${item} >= 0; ${item}--) { ${each} }`;
    if (!type.wrapped) return `{ ${loop} }`;
    return `{ const m${id} = w.written; ${loop} w.close(${tag(number, 2)}, m${id}); }`;
  }

  #map(number: number, type: TypeSchema, value: string): string {
    const id = this.#locals++;
    const entry = this.#value(2, type, zeroFilled(type, `d${id}[k${id}]`));
    return (
      `{ const d${id} = ${value}; for (const k${id} of keysDescending(d${id})) { const m${id} = w.written; ` +
      `${entry} w.string(${tag(1, 2)}, k${id}); w.close(${tag(number, 2)}, m${id}); } }`
    );
  }
}

function tag(number: number, wireType: number): number {
  return (number << 3) | wireType;
}

/** Bytes and lists are nil when absent; everything else that upstream holds by value has a zero that is written. */
function writtenWhenZero(type: TypeSchema): boolean {
  return !(type.kind === "scalar" && type.name === "bytes");
}

const zeros: Readonly<Record<string, string>> = {
  string: '""',
  bool: "false",
  int32: "0",
  int64: "0",
  float64: "0",
  bytes: '""',
};

function zeroFilled(type: TypeSchema, value: string): string {
  if (type.kind === "scalar") return `(${value} ?? ${zeros[type.name]})`;
  return type.kind === "struct" ? `(${value} ?? none)` : value;
}

function scalarStatement(number: number, name: string, value: string): string {
  switch (name) {
    case "string":
      return `w.string(${tag(number, 2)}, ${value});`;
    case "bytes":
      return `w.base64(${tag(number, 2)}, ${value});`;
    case "bool":
      return `w.bool(${tag(number, 0)}, ${value});`;
    case "float64":
      return `w.double(${tag(number, 1)}, ${value});`;
    default:
      return `w.int(${tag(number, 0)}, ${value});`;
  }
}

function keysDescending(map: object): string[] {
  const keys = Object.keys(map);
  return keys.length < 2 ? keys : keys.sort().reverse();
}

/** A schema, or in its place a boolean, a list of schemas or a list of strings. */
function schemaPropsEncoder(name: string, room: string): SpecialEncoder {
  const encodeSchema = encoderOf(structOf(`${room}.JSONSchemaProps`));
  const writeSchema = (number: number, value: object, writer: WireWriter): void => {
    const mark = writer.written;
    encodeSchema(value, writer);
    writer.close(tag(number, 2), mark);
  };
  if (name === "JSONSchemaPropsOrBool") {
    return (value, writer) => {
      const schema = typeof value === "object" && value !== null ? value : undefined;
      if (schema !== undefined) writeSchema(2, schema, writer);
      writer.bool(tag(1, 0), schema !== undefined || value === true);
    };
  }
  return (value, writer) => {
    if (!Array.isArray(value)) {
      if (typeof value === "object" && value !== null) writeSchema(1, value, writer);
      return;
    }
    for (const item of value.toReversed()) {
      if (name === "JSONSchemaPropsOrArray") writeSchema(2, item, writer);
      else writer.string(tag(2, 2), item);
    }
  };
}
