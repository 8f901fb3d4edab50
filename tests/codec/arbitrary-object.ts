/** Random objects of any schema type, in the canonical JSON shape that codecs give back. */
import fc from "fast-check";
import {
  type FieldSchema,
  type ScalarType,
  type SpecialType,
  type StructType,
  structOf,
  type TypeSchema,
} from "#apimachinery/schema.ts";

/** Types nest in cycles (JSONSchemaProps): below this only what must be there is made. */
const depthMax = 7;

const text = fc.oneof(fc.string({ maxLength: 40 }), fc.string({ unit: "grapheme", maxLength: 10 }));
const nonEmpty = text.filter((value) => value !== "");
const int32 = fc.integer();
const int64 = fc.maxSafeInteger();
const seconds = fc.integer({ min: -2_000_000_000, max: 4_000_000_000 });
const time = seconds.map((at) => `${new Date(at * 1000).toISOString().slice(0, 19)}Z`);
const json = fc.dictionary(fc.string({ maxLength: 5 }), fc.oneof(fc.string(), fc.integer()), {
  minKeys: 1,
  maxKeys: 3,
  noNullPrototype: true,
});

function scalar({ name }: ScalarType): fc.Arbitrary<unknown> {
  switch (name) {
    case "string":
      return nonEmpty;
    case "bool":
      return fc.constant(true);
    case "int32":
      return int32.filter((value) => value !== 0);
    case "int64":
      return int64.filter((value) => value !== 0);
    case "float64":
      return fc.double({ noNaN: true, noDefaultInfinity: true, min: 0.5 });
    case "bytes":
      return fc
        .uint8Array({ minLength: 1, maxLength: 20 })
        .map((bytes) => Buffer.from(bytes).toString("base64"));
    default:
      return fc.integer();
  }
}

function special({ name, room }: SpecialType, depth: number): fc.Arbitrary<unknown> {
  switch (name) {
    case "Quantity":
      return fc.constantFrom("1", "100m", "128Mi", "1500m", "3Gi", "7k");
    case "IntOrString":
      return fc.oneof(int32, text);
    case "Time":
      return time;
    case "MicroTime":
      return time.map((at) => `${at.slice(0, -1)}.000123Z`);
    case "Duration":
      return fc.constantFrom("1s", "1m30s", "250ms", "2h0m0.5s");
    case "RawExtension":
    case "FieldsV1":
    case "JSON":
      return json;
    default:
      break;
  }
  const schema = fc.constant({ type: "string" });
  if (name === "JSONSchemaPropsOrBool") return fc.oneof(fc.boolean(), schema);
  const deep =
    depth > depthMax ? schema : arbitraryOf(structOf(`${room}.JSONSchemaProps`), depth + 3);
  if (name === "JSONSchemaPropsOrArray") return fc.oneof(schema, fc.tuple(deep));
  return fc.oneof(schema, fc.tuple(nonEmpty));
}

function value(type: TypeSchema, depth: number): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "scalar":
      return scalar(type);
    case "special":
      return special(type, depth);
    case "struct":
      return arbitraryOf(type, depth + 1);
    case "list":
      return fc.array(value(type.item, depth + 1), { minLength: 1, maxLength: 2 });
    case "map":
      return fc.dictionary(text, value(type.value, depth + 1), {
        minKeys: 1,
        maxKeys: 2,
        noNullPrototype: true,
      });
  }
}

/** Whether upstream prints the field even when nothing is known of it. */
function always(parent: StructType, field: FieldSchema): boolean {
  if (field.name === "items" && parent.id.endsWith("List")) return true;
  if (field.pointer) return false;
  const { type } = field;
  if (type.kind === "struct") return true;
  if (type.kind === "special") return ["Quantity", "IntOrString", "Duration"].includes(type.name);
  return (
    type.kind === "scalar" && type.name !== "bytes" && type.name !== "any" && field.omit === ""
  );
}

/** An object of the struct; each field that may be absent is absent now and then. */
export function arbitraryOf(type: StructType, depth = 0): fc.Arbitrary<Record<string, unknown>> {
  const required: string[] = [];
  // Kind and apiVersion of an object travel in its envelope; those within another object nowhere.
  const typeMeta = type.fields
    .flatMap((field) => (field.type.kind === "struct" && field.inline ? [field.type] : []))
    .flatMap((inlined) => (inlined.id === "meta.v1.TypeMeta" ? inlined.fields : []));
  const shape: Record<string, fc.Arbitrary<unknown>> = {};
  for (const field of type.properties.values()) {
    if (field.number === 0 || typeMeta.includes(field)) continue;
    const must = always(type, field);
    if (!must && depth > depthMax) continue;
    if (must) required.push(field.name);
    shape[field.name] = value(field.type, depth);
  }
  return fc.record(shape, { requiredKeys: required, noNullPrototype: true });
}
