/** M3: strategic merge patches made up from the schema: every directive, known and strange, on every resource. */
import {
  type FieldSchema,
  type StructType,
  structOf,
  type TypeSchema,
} from "#apimachinery/schema.ts";
import type { Choices } from "../../random.ts";
import { type Maker, valueFor } from "../../values.ts";
import type { Json } from "../../words.ts";
import type { Row } from "../row.ts";
import { gone, made, pathOf, stored } from "./stored.ts";

type Map = { [key: string]: Json };

const isMap = (value: unknown): value is Map =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const strange: readonly Json[] = [null, "x", 7, 1.5, true, {}, [], [null], [[]], { a: null }];
const kinds: readonly Json[] = ["delete", "replace", "merge", "x", "", 7, null];

/** Metadata is known by its inlined name only. */
const typeOfField = (field: FieldSchema): TypeSchema =>
  field.name === "metadata" && field.type.kind === "struct" ? structOf(field.type.id) : field.type;

function shuffled<T>(choices: Choices, items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: choices.fraction() }))
    .sort((a, b) => a.place - b.place)
    .map(({ item }) => item);
}

function primitives(maker: Maker, field: FieldSchema, now: readonly Json[], patch: Map): void {
  const { choices } = maker;
  const type = typeOfField(field);
  const item = (): Json =>
    now.length > 0 && choices.fraction() < 0.5
      ? choices.of(now)
      : type.kind === "list"
        ? valueFor(maker, type.item, field.name, 1)
        : "x";
  const list = Array.from({ length: choices.below(4) }, item);
  const dice = choices.fraction();
  if (dice < 0.6) patch[field.name] = list;
  if (dice > 0.5) patch[`$deleteFromPrimitiveList/${field.name}`] = [item()];
  if (choices.fraction() < 0.4)
    patch[`$setElementOrder/${field.name}`] = shuffled(choices, [...new Set([...now, ...list])]);
  if (choices.fraction() < 0.08)
    patch[`${choices.of(["$deleteFromPrimitiveList", "$setElementOrder"])}/${field.name}`] =
      choices.of(strange);
}

/** Of a list of maps, as a patch names it. */
function elements(
  maker: Maker,
  field: FieldSchema,
  item: StructType,
  now: readonly Json[],
): Json[] {
  const { choices } = maker;
  const key = field.patchMergeKey ?? "name";
  const named = (of: Json): Map => (isMap(of) && of[key] !== undefined ? { [key]: of[key] } : {});
  const one = (): Json => {
    const dice = choices.fraction();
    const known = now.length > 0 ? choices.of(now) : {};
    if (dice < 0.4) return { ...named(known), ...changesOf(maker, item, known) };
    if (dice < 0.55) return { ...named(known), $patch: "delete" };
    if (dice < 0.62) return { $patch: "replace" };
    if (dice < 0.68) return { ...named(known), $patch: choices.of(kinds) };
    if (dice < 0.73) return changesOf(maker, item, known);
    if (dice < 0.77) return choices.of(strange);
    return valueFor(maker, item, field.name, 1);
  };
  return Array.from({ length: 1 + choices.below(3) }, one);
}

function maps(
  maker: Maker,
  field: FieldSchema,
  item: StructType,
  now: readonly Json[],
  patch: Map,
): void {
  const { choices } = maker;
  const key = field.patchMergeKey ?? "name";
  const list = elements(maker, field, item, now);
  const dice = choices.fraction();
  if (dice < 0.9) patch[field.name] = list;
  if (dice > 0.65) {
    const keys = [...now, ...(dice < 0.9 ? list : [])].flatMap((one): Json[] =>
      isMap(one) && one[key] !== undefined ? [{ [key]: one[key] }] : [],
    );
    const unique = [...new Set(keys.map((one) => JSON.stringify(one)))];
    const order: Json[] = shuffled(choices, unique).map((text) => JSON.parse(text));
    patch[`$setElementOrder/${field.name}`] =
      choices.fraction() < 0.85 ? order : choices.of<Json>([order.slice(1), ...strange]);
  }
}

function struct(maker: Maker, type: StructType, now: Json | undefined): Json {
  const { choices } = maker;
  const inner = changesOf(maker, type, now);
  const dice = choices.fraction();
  if (dice < 0.1) return { ...inner, $patch: choices.of(kinds) };
  if (dice < 0.2) {
    const names = [...type.properties.keys()];
    const kept = [...Object.keys(inner), ...choices.some(names, 0.2)];
    return { ...inner, $retainKeys: choices.fraction() < 0.8 ? kept : choices.of(strange) };
  }
  return inner;
}

function mapOf(maker: Maker, type: TypeSchema, field: string, now: Json | undefined): Json {
  const { choices } = maker;
  const known = isMap(now) ? Object.keys(now) : [];
  const made = valueFor(maker, type, field, 1);
  const cleared = choices.some([...known, "absent"], 0.4).map((key): [string, Json] => [key, null]);
  const all = { ...(isMap(made) ? made : {}), ...Object.fromEntries(cleared) };
  return choices.fraction() < 0.15 ? { ...all, $patch: choices.of(kinds) } : all;
}

function change(maker: Maker, field: FieldSchema, now: Json | undefined, patch: Map): void {
  const { choices } = maker;
  const type = typeOfField(field);
  const dice = choices.fraction();
  if (dice < 0.08) patch[field.name] = null;
  else if (dice < 0.13) patch[field.name] = choices.of(strange);
  else if (type.kind === "struct") patch[field.name] = struct(maker, type, now);
  else if (type.kind === "map") patch[field.name] = mapOf(maker, type, field.name, now);
  else if (type.kind === "list" && type.item.kind === "struct")
    maps(maker, field, type.item, Array.isArray(now) ? now : [], patch);
  else if (type.kind === "list") primitives(maker, field, Array.isArray(now) ? now : [], patch);
  else patch[field.name] = valueFor(maker, type, field.name, 1);
}

const never = /^(kind|apiVersion|managedFields|creationTimestamp|resourceVersion)$/;

/** Changes of a few fields, mostly of those that are there. */
function changesOf(maker: Maker, type: StructType, now: Json | undefined): Map {
  const { choices } = maker;
  const patch: Map = {};
  const fields = [...type.properties.values()].filter(({ name }) => !never.test(name));
  if (fields.length === 0) return patch;
  const present = fields.filter(({ name }) => isMap(now) && now[name] !== undefined);
  for (let turn = 1 + choices.below(2); turn > 0; turn--) {
    const from = present.length > 0 && choices.fraction() < 0.75 ? present : fields;
    const field = choices.of(from);
    change(maker, field, isMap(now) ? now[field.name] : undefined, patch);
  }
  return patch;
}

const perObject = 14;

export function strategicRows(maker: Maker): readonly Row[] {
  const { choices } = maker;
  return stored.flatMap((base): Row[] => {
    const object: Json = base.at("NS");
    const patches = Array.from({ length: perObject }, (): Row => {
      const status = base.hasStatus && choices.fraction() < 0.1 ? "/status" : "";
      return {
        at: "M3",
        ask: `PATCH ${pathOf(base)}${status}?dryRun=All`,
        type: "application/strategic-merge-patch+json",
        body: changesOf(maker, base.schema, object),
      };
    });
    return [...made(base), ...patches, ...gone(base)];
  });
}
