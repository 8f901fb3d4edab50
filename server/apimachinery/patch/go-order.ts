/** Fields in the order of the Go structs that hold them, and maps by their keys: as upstream prints an object. One without a type is a map. */
import { type StructType, structOf, type TypeSchema } from "#apimachinery/schema.ts";
import { isJsonObject, type JsonObject, setField } from "./json-object.ts";

export function inGoOrder(type: StructType | undefined, object: JsonObject): JsonObject {
  return type === undefined ? byName(object) : ofStruct(type, object);
}

const byName = (object: JsonObject): JsonObject =>
  mapped(Object.keys(object).sort(), (name) => untyped(object[name]));

function untyped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(untyped);
  return isJsonObject(value) ? byName(value) : value;
}

function mapped(names: readonly string[], value: (name: string) => unknown): JsonObject {
  const ordered: JsonObject = {};
  for (const name of names) setField(ordered, name, value(name));
  return ordered;
}

function ofStruct(type: StructType, object: JsonObject): JsonObject {
  const ordered: JsonObject = {};
  for (const { name, type: held } of type.properties.values()) {
    if (name === "" || !Object.hasOwn(object, name)) continue;
    const known = name === "metadata" && held.kind === "struct" ? structOf(held.id) : held;
    ordered[name] = ofType(known, object[name]);
  }
  return ordered;
}

function ofType(type: TypeSchema, value: unknown): unknown {
  if (type.kind === "list" && Array.isArray(value))
    return value.map((item) => ofType(type.item, item));
  if (!isJsonObject(value)) return value;
  if (type.kind === "struct") return ofStruct(type, value);
  return type.kind === "map" ? ofMap(type.value, value) : value;
}

const ofMap = (type: TypeSchema, map: JsonObject): JsonObject =>
  mapped(Object.keys(map).sort(), (name) => ofType(type, map[name]));
