/** One valid object, one thing of it broken or changed. */
import type { Choices } from "./random.ts";

export type Step = string | number;
type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

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
];
const numbers = [-1, 0, 1, 65_536, 2_147_483_648, 1.5];

/** Every place of a value, its own included, but for what names the kind. */
export function placesIn(value: unknown, at: readonly Step[] = []): (readonly Step[])[] {
  const named = at.length === 1 && (at[0] === "kind" || at[0] === "apiVersion");
  if (named) return [];
  const here = at.length === 0 ? [] : [at];
  if (Array.isArray(value))
    return [...here, ...value.flatMap((item, index) => placesIn(item, [...at, index]))];
  if (typeof value !== "object" || value === null) return here;
  return [...here, ...Object.entries(value).flatMap(([key, item]) => placesIn(item, [...at, key]))];
}

export interface Mutation {
  readonly path: readonly Step[];
  /** undefined: the place is gone. */
  readonly value: Json | undefined;
}

/** Something else in that place. */
export function mutate(choices: Choices, present: unknown, path: readonly Step[]): Mutation {
  const value = other(choices, present);
  return { path, value };
}

function other(choices: Choices, present: unknown): Json | undefined {
  const dice = choices.fraction();
  if (dice < 0.12) return undefined;
  if (dice < 0.2) return null;
  if (typeof present === "string") return dice < 0.9 ? choices.of(texts) : 7;
  if (typeof present === "number") return dice < 0.9 ? choices.of(numbers) : "x";
  if (typeof present === "boolean") return dice < 0.8 ? !present : "true";
  if (Array.isArray(present))
    return dice < 0.6 ? [] : dice < 0.9 ? ([...present, ...present] as Json[]) : "x";
  // Recorded JSON holds nothing else.
  const fields = present as { [key: string]: Json };
  return dice < 0.5 ? {} : dice < 0.9 ? { ...fields, unknownField: 1 } : "x";
}

export function applied(whole: unknown, { path, value }: Mutation): unknown {
  const copy = structuredClone(whole);
  // biome-ignore lint/suspicious/noExplicitAny: JSON is walked by paths
  let place: any = copy;
  for (const step of path.slice(0, -1)) place = place[step];
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
export function jsonPatchOf({ path, value }: Mutation): unknown {
  const pointer = path
    .map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
  return value === undefined
    ? [{ op: "remove", path: pointer }]
    : [{ op: "replace", path: pointer, value }];
}

/** The same change as a merge patch, where no list is on the way. */
export function mergePatchOf({ path, value }: Mutation): unknown {
  if (path.some((step) => typeof step === "number")) return undefined;
  return path.reduceRight<unknown>((inner, step) => ({ [step]: inner }), value ?? null);
}
