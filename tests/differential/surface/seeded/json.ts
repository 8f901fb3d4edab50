/** M3: JSON patches and merge patches made up from what stands in every resource's object. */
import { mutate, placesIn, type Step, valueAt } from "../../mutations.ts";
import { type Maker, valueFor } from "../../values.ts";
import type { Json } from "../../words.ts";
import type { Row } from "../row.ts";
import { gone, made, pathOf, stored } from "./stored.ts";

type Base = (typeof stored)[number];

const pointerOf = (path: readonly Step[]): string =>
  path.map((step) => `/${String(step).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");

/** Odd ends of a path that stands. */
const ends = [
  "",
  "/-",
  "/0",
  "/1",
  "/-1",
  "/99",
  "/01",
  "/x",
  "/~1",
  "/~0",
  "/~",
  "/~2",
  "/",
  "//",
];

/** Object of which a place may be named. */
function pathIn(maker: Maker, base: Base, object: unknown): readonly Step[] {
  const places = placesIn(base.schema, object);
  const present = places.filter(({ present }) => present);
  const { choices } = maker;
  return choices.of(choices.fraction() < 0.75 && present.length > 0 ? present : places).path;
}

function pointer(maker: Maker, base: Base, object: unknown): string {
  const { choices } = maker;
  const at = pointerOf(pathIn(maker, base, object));
  return choices.fraction() < 0.3 ? `${at}${choices.of(ends)}` : at;
}

function operation(maker: Maker, base: Base, object: unknown): Json {
  const { choices } = maker;
  const path = pathIn(maker, base, object);
  const at = pointer(maker, base, object);
  const now = valueAt(object, path) as Json | undefined;
  const place = placesIn(base.schema, object).find((one) => pointerOf(one.path) === at);
  const value: Json = place === undefined ? "x" : valueFor(maker, place.type, place.field, 1);
  switch (choices.below(8)) {
    case 0:
      return { op: "remove", path: at };
    case 1:
      return { op: "replace", path: at, value };
    case 2:
      return { op: "add", path: at, value };
    case 3:
      return { op: "test", path: pointerOf(path), value: now ?? null };
    case 4:
      return { op: "test", path: at, value };
    case 5:
      return { op: "move", from: pointerOf(path), path: at };
    case 6:
      return { op: "copy", from: pointerOf(path), path: at };
    default: {
      const { path: changed, value: other } = mutate(maker, base.schema, object);
      return other === undefined
        ? { op: "remove", path: pointerOf(changed) }
        : { op: "add", path: pointerOf(changed), value: other };
    }
  }
}

/** Nulls at some depth, values at others; lists whole. */
function mergeOf(maker: Maker, base: Base, object: unknown): Json {
  const { choices } = maker;
  const patch: { [key: string]: Json } = {};
  for (let turn = 1 + choices.below(3); turn > 0; turn--) {
    const change = mutate(maker, base.schema, object);
    const until = change.path.findIndex((step) => typeof step === "number");
    const path = (until < 0 ? change.path : change.path.slice(0, until)).map(String);
    const leaf: Json =
      choices.fraction() < 0.3 ? null : until < 0 ? (change.value ?? null) : listAt(object, path);
    set(patch, path, leaf);
  }
  return patch;
}

const listAt = (object: unknown, path: readonly string[]): Json =>
  (valueAt(object, path) as Json | undefined) ?? [];

function set(patch: { [key: string]: Json }, path: readonly string[], leaf: Json): void {
  const [first = "", ...rest] = path;
  if (rest.length === 0) {
    patch[first] = leaf;
    return;
  }
  const held = patch[first];
  const next = typeof held === "object" && held !== null && !Array.isArray(held) ? held : {};
  patch[first] = next;
  set(next, rest, leaf);
}

const perObject = 12;
const never = /"(managedFields|resourceVersion|uid)"|\/metadata\/(managedFields|resourceVersion)/;

export function jsonRows(maker: Maker): readonly Row[] {
  const { choices } = maker;
  return stored.flatMap((base): Row[] => {
    const object = base.at("NS");
    const rows = Array.from({ length: perObject }, (): Row => {
      const status = base.hasStatus && choices.fraction() < 0.1 ? "/status" : "";
      const validation = choices.of(["", "", "&fieldValidation=Strict", "&fieldValidation=Ignore"]);
      const ask = `PATCH ${pathOf(base)}${status}?dryRun=All${validation}`;
      if (choices.fraction() < 0.4)
        return {
          at: "M3",
          ask,
          type: "application/merge-patch+json",
          body: mergeOf(maker, base, object),
        };
      const count = 1 + choices.below(3);
      const body = Array.from({ length: count }, () => operation(maker, base, object));
      return { at: "M3", ask, type: "application/json-patch+json", body };
    });
    const sane = rows.filter(({ body }) => !never.test(JSON.stringify(body)));
    return [...made(base), ...sane, ...gone(base)];
  });
}
