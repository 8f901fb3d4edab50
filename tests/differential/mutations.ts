/** One object, one thing of it broken, changed, added or gone. */
import {
  type FieldSchema,
  type StructType,
  structOf,
  type TypeSchema,
} from "#apimachinery/schema.ts";
import { type Maker, valueFor } from "./values.ts";
import type { Json } from "./words.ts";

export type Step = string | number;

/** A place that the schema knows, filled or not. */
export interface Place {
  readonly path: readonly Step[];
  readonly type: TypeSchema;
  /** Of the nearest field, for likely words. */
  readonly field: string;
  readonly present: boolean;
}

interface Walk {
  readonly value: unknown;
  readonly type: TypeSchema;
  readonly path: readonly Step[];
  readonly field: string;
}

/** Every place of an object and every field that it could have, but for what names the kind. */
export function placesIn(root: StructType, object: unknown): Place[] {
  const places: Place[] = [];
  walk({ value: object, type: root, path: [], field: "" }, places);
  return places.filter(
    ({ path }) => path.length > 1 || !["kind", "apiVersion"].includes(String(path[0])),
  );
}

function walk({ value, type, path, field }: Walk, places: Place[]): void {
  if (path.length > 0) places.push({ path, type, field, present: value !== undefined });
  if (typeof value !== "object" || value === null) return;
  if (type.kind === "list" && Array.isArray(value))
    for (const [index, item] of value.entries())
      walk({ value: item, type: type.item, path: [...path, index], field }, places);
  if (type.kind === "map")
    for (const [key, item] of Object.entries(value))
      walk({ value: item, type: type.value, path: [...path, key], field }, places);
  if (type.kind === "struct" && !Array.isArray(value)) fieldsOf(type, value, path, places);
}

function fieldsOf(type: StructType, value: object, path: readonly Step[], places: Place[]): void {
  const held = new Map<string, unknown>(Object.entries(value));
  for (const field of type.properties.values()) {
    const inner = held.get(field.name);
    const next = { value: inner, type: typeOfField(field), path: [...path, field.name] };
    walk({ ...next, field: field.name }, places);
  }
}

/** Every kind's metadata is the same; the table may know it by its inlined name only. */
const typeOfField = (field: FieldSchema): TypeSchema =>
  field.name === "metadata" && field.type.kind === "struct" ? structOf(field.type.id) : field.type;

export interface Mutation {
  readonly path: readonly Step[];
  /** undefined: the place is gone. */
  readonly value: Json | undefined;
}

const metadataShare = 0.12;
const presentShare = 0.55;

/** Something else in some place. */
export function mutate(maker: Maker, root: StructType, object: unknown): Mutation {
  const { choices } = maker;
  const all = placesIn(root, object);
  const meta = choices.fraction() < metadataShare;
  const inMeta = ({ path }: Place): boolean => path[0] === "metadata" && path.length > 1;
  const wanted = choices.fraction() < presentShare;
  const some = all.filter((place) => inMeta(place) === meta && place.present === wanted);
  const place = choices.of(some.length > 0 ? some : all);
  return { path: place.path, value: other(maker, place, valueAt(object, place.path)) };
}

function other(maker: Maker, { type, field, present }: Place, now: unknown): Json | undefined {
  const { choices } = maker;
  if (!present) return valueFor(maker, type, field);
  const dice = choices.fraction();
  if (dice < 0.14) return undefined;
  if (dice < 0.17) return null;
  // Recorded JSON holds nothing else.
  if (Array.isArray(now) && dice < 0.4)
    return dice < 0.3
      ? ([...now, ...structuredClone(now)] as Json[])
      : ([...now].reverse() as Json[]);
  if (Array.isArray(now) && dice < 0.65 && type.kind === "list")
    return [...(now as Json[]), valueFor(maker, type.item, field, 1)];
  if (typeof now === "object" && now !== null && !Array.isArray(now) && dice < 0.25)
    return { ...(now as { [key: string]: Json }), unknownField: 1 };
  return valueFor(maker, type, field);
}

export function applied(whole: unknown, { path, value }: Mutation): unknown {
  const copy = structuredClone(whole);
  // biome-ignore lint/suspicious/noExplicitAny: JSON is walked by paths
  let place: any = copy;
  for (const step of path.slice(0, -1)) place = place?.[step];
  // Where the sides differ already, one may lack the place.
  if (typeof place !== "object" || place === null) return copy;
  const last = path.at(-1) ?? "";
  if (value !== undefined) place[last] = value;
  else if (Array.isArray(place)) place.splice(Number(last), 1);
  else delete place[last];
  return copy;
}

export function valueAt(whole: unknown, path: readonly Step[]): unknown {
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return path.reduce((place: any, step) => place?.[step], whole);
}

/** The same change as a JSON patch. */
export function jsonPatchOf({ path, value }: Mutation, present: boolean): unknown {
  const pointer = path
    .map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
  if (value === undefined) return [{ op: "remove", path: pointer }];
  return [{ op: present ? "replace" : "add", path: pointer, value }];
}

/** The same change as a merge patch, where no list is on the way. */
export function mergePatchOf({ path, value }: Mutation): unknown {
  if (path.some((step) => typeof step === "number")) return undefined;
  return path.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value ?? null);
}

export const shownMutation = ({ path, value }: Mutation): string =>
  `${path.join(".")} = ${JSON.stringify(value)?.slice(0, 200)}`;
