/** Values for a field of the schema: good ones, and every sort of bad ones. */
import type { FieldSchema, StructType, TypeSchema } from "#apimachinery/schema.ts";
import type { Choices } from "./random.ts";
import type { Json, Words } from "./words.ts";

const texts = [
  "",
  "UPPER_case!",
  "a".repeat(64),
  "b".repeat(254),
  "x.y/z",
  "-1",
  " lead",
  "a.b",
  "é",
  "a",
  "example.com/a",
  "10.1.2.3",
  "2001:db8::1",
  "100%",
  "true",
  "kubernetes.io/x",
  "a=b",
  "/a",
  "../a",
  "https://example.com/a",
  "12",
  "None",
];
const integers = [-1, 0, 1, 2, 3, 10, 80, 100, 101, 300, 65_535, 65_536, 2_147_483_647];
const wild = [2_147_483_648, 1_000_000_000_000, 1.5, -2_147_483_649, 1e30];
const quantities = ["1", "0", "-1", "100m", "1Gi", "1.5", "abc", "", "1e3", "0.5m", "10Mi", "1i"];
/** Those that can be read. */
const calmQuantities = ["1", "0", "-1", "100m", "1Gi", "1.5", "2", "10Mi", "0.5m", "1e3"];
const times = ["2026-01-02T03:04:05Z", "2026-01-02T03:04:05.123456Z", "2026-01-02", "", "x"];

/** What makes values: chance, and what is likely in a field of that name. */
export interface Maker {
  readonly choices: Choices;
  readonly words: Words;
  /** How often something of another JSON type is made, which decoding refuses; default one in twelve. */
  readonly strangeShare?: number;
}

export function textFor({ choices, words }: Maker, field: string): string {
  const likely = words.of(field);
  return likely.length > 0 && choices.fraction() < 0.75 ? choices.of(likely) : choices.of(texts);
}

/** Something of the wrong JSON type, or null. */
function strange(choices: Choices): Json {
  return choices.of<Json>([null, {}, [], "x", 7, true, [null], { unknownField: 1 }]);
}

/** A value of a type; `depth` bounds what is nested. */
export function valueFor(maker: Maker, type: TypeSchema, field: string, depth = 0): Json {
  const { choices } = maker;
  if (depth === 0 && choices.fraction() < (maker.strangeShare ?? 0.08)) return strange(choices);
  switch (type.kind) {
    case "scalar":
      return scalarFor(maker, type.name, field);
    case "special":
      return specialFor(maker, type.name);
    case "list":
      return listFor(maker, type.item, field, depth);
    case "map":
      return mapFor(maker, type.value, field, depth);
    case "struct":
      return structFor(maker, type, depth);
  }
}

function scalarFor(maker: Maker, name: string, field: string): Json {
  const { choices } = maker;
  if (name === "bool") return choices.fraction() < 0.5;
  if (name === "bytes") return choices.of(["", "YQ==", "a", "%%%"]);
  if (name === "string") return textFor(maker, field);
  if (name === "any") return choices.of<Json>([1, "a", { a: 1 }, [1], true]);
  const share = (maker.strangeShare ?? 0.08) * 1.25;
  return choices.of(choices.fraction() < share ? wild : integers);
}

function specialFor({ choices, strangeShare = 1 }: Maker, name: string): Json {
  const isCalm = choices.fraction() > strangeShare * 4;
  switch (name) {
    case "Quantity":
      return choices.of<Json>(isCalm ? calmQuantities : [...quantities, 1, 1.5]);
    case "IntOrString":
      return choices.of<Json>([0, 1, -1, 80, 65_536, "http", "50%", "-5%", "", "a_b", "200%", "1"]);
    case "Time":
    case "MicroTime":
      return isCalm ? "2026-01-02T03:04:05Z" : choices.of(times);
    case "Duration":
      return choices.of(isCalm ? ["1m0s", "-1s", "2h45m", "0s"] : ["1m0s", "-1s", "x", ""]);
    default:
      return choices.of<Json>([{}, { type: "object" }, { a: 1 }, "a", 1, true, []]);
  }
}

function listFor(maker: Maker, item: TypeSchema, field: string, depth: number): Json {
  const dice = maker.choices.fraction();
  if (dice < 0.08) return [];
  const one = valueFor(maker, item, field, depth + 1);
  if (dice < 0.18) return [one, structuredClone(one)];
  if (dice < 0.6) return [one];
  return [one, valueFor(maker, item, field, depth + 1)];
}

const keys = ["a", "example.com/a", "a.b", "cpu", "memory", "bad key!", "", "x/y/z", "pods"];

function mapFor(maker: Maker, value: TypeSchema, field: string, depth: number): Json {
  if (maker.choices.fraction() < 0.1) return {};
  const key = maker.choices.of([...keys, ...maker.words.of(field).slice(0, 3)]);
  return { [key]: valueFor(maker, value, field, depth + 1) };
}

/** What must be there, and a little more: of unions of pointers mostly one. */
function structFor(maker: Maker, { properties }: StructType, depth: number): Json {
  const { choices } = maker;
  const fields = [...properties.values()];
  const object: { [key: string]: Json } = {};
  for (const field of fields)
    if (field.required || isLikely(field, choices, fields.length, depth))
      object[field.name] = valueFor(maker, field.type, field.name, depth + 1);
  return object;
}

function isLikely(field: FieldSchema, choices: Choices, count: number, depth: number): boolean {
  const plain = field.type.kind === "scalar" && !field.pointer;
  const share = plain && field.omit === "" ? 0.9 : plain ? 0.35 : Math.min(0.5, 1.5 / count);
  return choices.fraction() < share / (1 + depth / 3);
}
