/**
 * Finds out what json-intake.ts refused: walks a parsed object beside its schema, collects unknown fields (and
 * takes them out), puts zero values where a list or map holds null, and gives upstream's sentence for the first
 * value of the wrong type. Slow, and run only then.
 */
import type { FieldSchema, SpecialName, StructType, TypeSchema } from "#apimachinery/schema.ts";
import { structOf } from "#apimachinery/schema.ts";
import { noteEmpty } from "./empties.ts";
import { integerOf, type NumberTexts } from "./json-numbers.ts";
import {
  base64Text,
  listedBytes,
  specialReaders,
  UnreadableValue,
  WrongJsonType,
} from "./special-json.ts";

export interface Walked {
  /** Paths as upstream's strict decoding names them: `spec.containers[0].foo`. */
  readonly unknownFields: string[];
  /** What upstream's decoder says of the first wrong value. */
  readonly wrong: string | undefined;
}

/** Upstream stops collecting there. */
const unknownFieldsMax = 100;

interface Place {
  /** `spec.containers[0]`. */
  readonly path: string;
  /** `spec.containers`, as Go's decoder has it: no indices, no map keys. */
  readonly fields: readonly string[];
  /** The Go struct whose field was last entered. */
  readonly struct: string;
  /** Within what upstream decodes with a laxer decoder of its own. */
  readonly lax: boolean;
}

export function walkJson(type: StructType, object: object, numbers?: NumberTexts): Walked {
  const walk = new Walk(numbers);
  try {
    walk.struct(type, object, { path: "", fields: [], struct: "", lax: false });
  } catch (error) {
    if (!(error instanceof UnreadableValue)) throw error;
    // Go's decoder stops at once there, and forgets the wrong types seen before.
    walk.wrong = error.message;
  }
  return { unknownFields: walk.unknownFields, wrong: walk.wrong };
}

class Walk {
  readonly unknownFields: string[] = [];
  wrong: string | undefined;
  readonly #numbers: NumberTexts | undefined;

  constructor(numbers: NumberTexts | undefined) {
    this.#numbers = numbers;
  }

  /** What stands for a number that is written in another way than plainly: what its type makes of the text. */
  #number(type: TypeSchema, { holder, key, place }: Held): unknown {
    const value = holder[key];
    const text = this.#numbers?.get(holder)?.get(key);
    if (text === undefined) return value;
    if (type.kind === "special" && type.name === "Quantity") holder[key] = text;
    if (!isInteger(type)) return holder[key];
    const whole = integerOf(text);
    if (whole === undefined)
      this.#refuse(value, type.kind === "special" ? "int32" : type.go, place, text);
    holder[key] = whole ?? 0;
    return holder[key];
  }

  #refuse(value: unknown, go: string, place: Place, text?: string): void {
    const what = text === undefined ? goWrongType(value, go) : `number ${text}`;
    const where = `${place.struct}.${place.fields.join(".")}`;
    this.wrong ??= `json: cannot unmarshal ${what} into Go struct field ${where} of type ${go}`;
  }

  struct(type: StructType, value: unknown, place: Place): void {
    if (!isObject(value)) {
      this.#refuse(value, type.go, place);
      return;
    }
    const known = goFieldsOf(type);
    for (const [name, item] of Object.entries(value)) {
      const field = known.get(name);
      const path = place.path === "" ? name : `${place.path}.${name}`;
      if (field === undefined) {
        if (!place.lax && this.unknownFields.length < unknownFieldsMax) {
          this.unknownFields.push(path);
        }
        delete value[name];
        continue;
      }
      if (item === null) continue;
      const inner = {
        path,
        fields: [...place.fields, ...field.goPath],
        struct: type.go.split(".").at(-1) ?? "",
        lax: place.lax,
      };
      const held = this.#number(field.type, { holder: value, key: name, place: inner });
      if (this.#value(field.type, held, inner) === "drop") delete value[name];
    }
  }

  /** `drop`: upstream lets the value pass and keeps nothing of it. */
  #value(type: TypeSchema, value: unknown, place: Place): "keep" | "drop" {
    switch (type.kind) {
      case "scalar":
        this.#scalar(type, value, place);
        return "keep";
      case "struct":
        this.struct(type, value, place);
        return "keep";
      case "special":
        return this.#special(type, value, place);
      case "list":
        if (Array.isArray(value)) this.#items(type.item, value, place);
        else this.#refuse(value, type.go, place);
        return "keep";
      case "map":
        if (isObject(value)) this.#entries(type.value, value, place);
        else this.#refuse(value, type.go, place);
        return "keep";
    }
  }

  #items(type: TypeSchema, items: unknown[], place: Place): void {
    for (const [index, item] of items.entries()) {
      if (item === null) items[index] = zero(type);
      else {
        const inner = { ...place, path: `${place.path}[${index}]` };
        // A list is an object of its indices.
        const holder = items as unknown as Record<string, unknown>;
        this.#value(type, this.#number(type, { holder, key: `${index}`, place: inner }), inner);
      }
    }
  }

  #entries(type: TypeSchema, map: Record<string, unknown>, place: Place): void {
    for (const [key, item] of Object.entries(map)) {
      if (item === null) {
        map[key] = zero(type);
        if (type.kind === "scalar" && type.name === "bytes") noteEmpty(map, key);
      } else {
        const inner = { ...place, path: `${place.path}.${key}` };
        const value = this.#number(type, { holder: map, key, place: inner });
        if (this.#value(type, value, inner) === "drop") map[key] = null;
      }
    }
  }

  #scalar(type: TypeSchema & { kind: "scalar" }, value: unknown, place: Place): void {
    if (type.name === "any" || isScalar(type.name, value)) return;
    if (type.name === "bytes" && listedBytes(value) !== undefined) return;
    if (type.name !== "bytes" || typeof value !== "string") {
      this.#refuse(value, type.go, place);
      return;
    }
    try {
      base64Text(value);
    } catch (error) {
      if (!(error instanceof UnreadableValue)) throw error;
      this.wrong ??= error.message;
    }
  }

  #special(type: TypeSchema & { kind: "special" }, value: unknown, place: Place): "keep" | "drop" {
    if (type.name.startsWith("JSONSchemaProps")) return this.#schema(type, value, place);
    try {
      specialReaders[type.name]?.(value);
    } catch (error) {
      if (!(error instanceof WrongJsonType)) throw error;
      this.#refuse(value, error.go, place);
    }
    return "keep";
  }

  #schema(type: TypeSchema & { kind: "special" }, value: unknown, place: Place): "keep" | "drop" {
    const lax = { ...place, lax: true };
    const schema = structOf(`${type.room}.JSONSchemaProps`);
    if (isObject(value)) {
      this.struct(schema, value, lax);
      return "keep";
    }
    if (type.name === "JSONSchemaPropsOrBool") {
      if (typeof value === "boolean") return "keep";
      throw new UnreadableValue("boolean or JSON schema expected");
    }
    if (!Array.isArray(value)) return "drop";
    if (type.name === "JSONSchemaPropsOrArray") this.#items(schema, value, lax);
    else this.#items({ kind: "scalar", name: "string", go: "string" }, value, lax);
    return "keep";
  }
}

interface Held {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly place: Place;
}

function isInteger(type: TypeSchema): type is TypeSchema & { readonly go: string } {
  if (type.kind === "special") return type.name === "IntOrString";
  return type.kind === "scalar" && (type.name === "int32" || type.name === "int64");
}

interface GoField extends FieldSchema {
  /** The steps Go's decoder names: of an embedded struct's field the struct's name too. */
  readonly goPath: readonly string[];
}

const goFields = new Map<string, ReadonlyMap<string, GoField>>();

function goFieldsOf(type: StructType): ReadonlyMap<string, GoField> {
  const known = goFields.get(type.id);
  if (known !== undefined) return known;
  const found = new Map(withGoPath(type, []).map((field) => [field.name, field]));
  goFields.set(type.id, found);
  return found;
}

function withGoPath(type: StructType, prefix: readonly string[]): GoField[] {
  return type.fields.flatMap((field) => {
    if (!field.inline || field.type.kind !== "struct") {
      return [{ ...field, goPath: [...prefix, field.name] }];
    }
    return withGoPath(field.type, [...prefix, field.type.go.split(".").at(-1) ?? ""]);
  });
}

const int32Max = 2 ** 31;
const int64Max = 2 ** 63;

function isScalar(name: string, value: unknown): boolean {
  switch (name) {
    case "string":
      return typeof value === "string";
    case "bool":
      return typeof value === "boolean";
    case "float64":
      return typeof value === "number";
    case "int32":
    case "int64": {
      const max = name === "int32" ? int32Max : int64Max;
      return Number.isInteger(value) && Number(value) < max && Number(value) >= -max;
    }
    default:
      return false;
  }
}

/** The value as Go's decoder names it: `string`, `object`, `number 1.5` where a number does not fit. */
export function goWrongType(value: unknown, go: string): string {
  if (Array.isArray(value)) return "array";
  if (typeof value === "boolean") return "bool";
  if (typeof value !== "number") return typeof value;
  return go === "int32" || go === "int64" ? `number ${value}` : "number";
}

const specialZeros: Partial<Record<SpecialName, unknown>> = {
  Quantity: "0",
  IntOrString: 0,
  Duration: "0s",
};

/** What a null within a list or map becomes. */
function zero(type: TypeSchema): unknown {
  if (type.kind === "list") return [];
  if (type.kind === "struct" || type.kind === "map") return {};
  if (type.kind === "special") return specialZeros[type.name] ?? null;
  if (type.name === "bool") return false;
  return type.name === "string" || type.name === "bytes" ? "" : 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
