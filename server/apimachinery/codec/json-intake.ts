/**
 * Compiles a struct of the schema into one function that takes in a parsed JSON object: it checks every field
 * and brings the object, in place, into the shape upstream would print (null is absent, an empty value that
 * upstream leaves out is left out, a struct held by value is at least {}, quantities and times canonical).
 * It only says yes or no: what is wrong, and where, json-walk.ts finds out. Source is generated for the reason
 * told in protobuf-encoder.ts.
 */
import { assert } from "#apimachinery/assert.ts";
import type { FieldSchema, SpecialName, StructType, TypeSchema } from "#apimachinery/schema.ts";
import { structOf } from "#apimachinery/schema.ts";
import { noteEmpty } from "./empties.ts";
import { zeroOfField } from "./protobuf-decoder.ts";
import { base64Text, listedBytes, specialReaders } from "./special-json.ts";

/** False where anything is unknown or of the wrong type; the object may then be half changed. May throw. */
export type StructIntake = (object: unknown) => boolean;

/** The canonical value; throws on any other. */
type ValueReader = (value: unknown) => unknown;

const compiled = new Map<string, StructIntake>();

/** The intake of a struct, compiled on first use. */
export function intakeOf(type: StructType): StructIntake {
  const known = compiled.get(type.id);
  if (known !== undefined) return known;
  const intake = new IntakeSource(type).compile();
  compiled.set(type.id, intake);
  return intake;
}

class IntakeSource {
  readonly #type: StructType;
  readonly #callees: (() => StructIntake | ValueReader)[] = [];
  readonly #names = new Map<string, string>();
  #locals = 0;

  constructor(type: StructType) {
    this.#type = type;
  }

  compile(): StructIntake {
    const fields = [...this.#type.properties.values()].filter((field) => field.name !== "");
    const cases = fields.map((field) => this.#case(field)).join("\n");
    const defaults = fields.map((field) => this.#default(field)).join("\n");
    const links = this.#callees.map(
      (_, index) =>
        `let c${index} = (o) => { c${index} = link[${index}](); return c${index}(o); };`,
    );
    const source = `"use strict";
${links.join("\n")}
return function (o) {
if (typeof o !== "object" || o === null || Array.isArray(o)) return false;
for (const k in o) {
const v = o[k];
if (v === null) {
if (!known.has(k)) return false;
delete o[k];
continue;
}
switch (k) {
${cases}
default: return false;
}
}
${defaults}
return true;
};`;
    // What the source returns has this shape by construction.
    const known = new Set(fields.map(({ name }) => name));
    return new Function("link", "known", "note", source)(
      this.#callees,
      known,
      noteEmpty,
    ) as StructIntake;
  }

  #callee(name: string, find: () => StructIntake | ValueReader): string {
    const known = this.#names.get(name);
    if (known !== undefined) return known;
    const fresh = `c${this.#callees.push(find) - 1}`;
    this.#names.set(name, fresh);
    return fresh;
  }

  #struct(type: StructType): string {
    return this.#callee(type.id, () => intakeOf(type));
  }

  #case(field: FieldSchema): string {
    const kept = keptEmpty.has(`${this.#type.id}.${field.name}`);
    const dropEmpty = !field.pointer && field.omit !== "" && !kept;
    const check = this.#check(field.type, "v", "o[k]", dropEmpty);
    return `case ${JSON.stringify(field.name)}: ${check} break;`;
  }

  /** Statements that check `value` and, where it changes, store it back in `place`. */
  #check(type: TypeSchema, value: string, place: string, dropEmpty = false): string {
    switch (type.kind) {
      case "scalar":
        return this.#scalar(type.name, value, place, dropEmpty);
      case "special":
        return this.#special(type, value, place);
      case "struct":
        return `if (!${this.#struct(type)}(${value})) return false;`;
      case "list":
        return this.#list(type.item, value, place, dropEmpty);
      case "map":
        return this.#map(type.value, value, place, dropEmpty);
    }
  }

  #scalar(name: string, value: string, place: string, dropEmpty: boolean): string {
    const drop = (zero: string): string =>
      dropEmpty ? ` if (${value} === ${zero}) delete ${place};` : "";
    switch (name) {
      case "string":
        return `if (typeof ${value} !== "string") return false;${drop('""')}`;
      case "bool":
        return `if (typeof ${value} !== "boolean") return false;${drop("false")}`;
      case "int32":
        return `if (${value} !== (${value} | 0)) return false;${drop("0")}`;
      case "int64":
        // Beyond 2^53 the nearest number, as everywhere; the walk refuses what is no int64.
        return `if (!Number.isSafeInteger(${value}) && !(Number.isInteger(${value}) && ${value} >= -(2 ** 63) && ${value} < 2 ** 63)) return false;${drop("0")}`;
      case "float64":
        return `if (typeof ${value} !== "number") return false;${drop("0")}`;
      case "bytes": {
        const read = this.#callee("bytes", () => readBytes);
        return `${place} = ${read}(${value});${dropEmpty ? ` if (${value} === "") { delete ${place}; note(o, k); }` : ""}`;
      }
      default:
        return "";
    }
  }

  #special(type: TypeSchema & { kind: "special" }, value: string, place: string): string {
    if (type.name.startsWith("JSONSchemaProps")) {
      const check = this.#callee(type.name, () => schemaPropsIntake(type.name, type.room));
      return `if (!${check}(${value})) return false;`;
    }
    const reader = specialReaders[type.name];
    assert(reader !== undefined, `${type.name} has a JSON reader`);
    const read = `${place} = ${this.#callee(type.name, () => reader)}(${value});`;
    const zero = zeroTimes[type.name];
    return zero === undefined || place !== "o[k]"
      ? read
      : `${read} if (${place} === "${zero}") delete ${place};`;
  }

  #list(item: TypeSchema, value: string, place: string, dropEmpty: boolean): string {
    const id = this.#locals++;
    const each = this.#check(item, `x${id}`, `${value}[i${id}]`);
    const drop = dropEmpty ? ` if (${value}.length === 0) { delete ${place}; note(o, k); }` : "";
    return (
      `if (!Array.isArray(${value})) return false;${drop} for (let i${id} = 0; i${id} < ${value}.length; i${id}++) ` +
      `{ const x${id} = ${value}[i${id}]; if (x${id} === null) ${onNull(item)} ${each} }`
    );
  }

  #map(item: TypeSchema, value: string, place: string, dropEmpty: boolean): string {
    const id = this.#locals++;
    const each = this.#check(item, `x${id}`, `${value}[k${id}]`);
    const drop = dropEmpty ? ` if (e${id}) { delete ${place}; note(o, k); }` : "";
    return (
      `if (typeof ${value} !== "object" || Array.isArray(${value})) return false; let e${id} = true; ` +
      `for (const k${id} in ${value}) { e${id} = false; const x${id} = ${value}[k${id}]; ` +
      `if (x${id} === null) ${onNull(item)} ${each} }${drop}`
    );
  }

  #default(field: FieldSchema): string {
    if (field.pointer) return "";
    const { type } = field;
    const place = `o[${JSON.stringify(field.name)}]`;
    if (type.kind === "struct") {
      return `if (${place} === undefined) { const z = {}; ${this.#struct(type)}(z); ${place} = z; }`;
    }
    const zero = zeroOfField(this.#type, field);
    return zero === undefined ? "" : `if (${place} === undefined) ${place} = ${zero};`;
  }
}

/**
 * Lists that defaulting fills where they are absent, not where they are empty; and no managedFields at all are
 * a wish: tracking starts anew, whoever stores the object takes the list out.
 */
const keptEmpty = new Set([
  "autoscaling.v2.HPAScalingRules.policies",
  "meta.v1.ObjectMeta.managedFields",
]);

/** Types whose null within a map or list upstream prints as a value of theirs; json-walk.ts puts it there. */
const withZero: ReadonlySet<SpecialName> = new Set(["Quantity", "IntOrString", "Duration"]);

/** No time, no JSON and no schema stay null in upstream's JSON; any other null becomes a zero value. */
function onNull(item: TypeSchema): string {
  return item.kind === "special" && !withZero.has(item.name) ? "continue;" : "return false;";
}

/** Go's zero times are no times: upstream prints them as null. */
const zeroTimes: Readonly<Record<string, string>> = {
  Time: "0001-01-01T00:00:00Z",
  MicroTime: "0001-01-01T00:00:00.000000Z",
};

function readBytes(value: unknown): string {
  const listed = listedBytes(value);
  if (listed !== undefined) return listed;
  if (typeof value !== "string") throw new TypeError("bytes are written as a string");
  return base64Text(value);
}

function schemaPropsIntake(name: string, room: string): StructIntake {
  const intakeSchema = intakeOf(structOf(`${room}.JSONSchemaProps`));
  switch (name) {
    case "JSONSchemaPropsOrBool":
      return (value) => typeof value === "boolean" || intakeSchema(value);
    case "JSONSchemaPropsOrArray":
      return (value) => (Array.isArray(value) ? value.every(intakeSchema) : intakeSchema(value));
    default:
      return (value) =>
        Array.isArray(value)
          ? value.every((item) => typeof item === "string")
          : intakeSchema(value);
  }
}
