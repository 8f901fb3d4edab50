/** What no honest client sends: values for any field, and objects with some of their fields bent. */
import type { Chance } from "./chance.ts";

type Json = Record<string, unknown>;

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
};

const oddities: readonly (() => unknown)[] = [
  () => null,
  () => "",
  () => -1,
  () => 1e21,
  () => 2 ** 53,
  () => 0.1,
  () => true,
  () => [],
  () => ({}),
  () => [null],
  () => [[]],
  () => ({ "": "" }),
  () => ({ ["__proto__"]: { polluted: true } }),
  () => ({ constructor: { prototype: { polluted: true } } }),
  () => ({ toString: 1, valueOf: 2, hasOwnProperty: 3, length: -1 }),
  () => "\u0000",
  () => "\ud800",
  () => "é".repeat(300),
  () => "x".repeat(10_000),
  () => "a/b/c",
  () => "../../etc/passwd",
  () => "9".repeat(400),
  () => "1e999999999",
  () => "-0",
  () => "10Zi",
  () => "2026-13-45T99:99:99Z",
  () => "0001-01-01T00:00:00Z",
  () => "*",
  () => "$(HOME)",
  () => "{.metadata[",
  () => "a=b,c in (",
  () => "::ffff:1.2.3.4/129",
  () => "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----",
  () => "(a+)+$",
  () => deep(50),
  () => deep(4_000),
  () => Array.from({ length: 2_000 }, (_, index) => ({ name: `${index}` })),
];

export function oddValue(chance: Chance): unknown {
  return chance.of(oddities)();
}

/** Every object and list in a value. */
function containers(value: unknown, found: (Json | unknown[])[] = []): (Json | unknown[])[] {
  if (found.length > 500 || typeof value !== "object" || value === null) return found;
  // Objects that came out of JSON.
  found.push(value as Json | unknown[]);
  for (const inner of Object.values(value)) containers(inner, found);
  return found;
}

/** A copy with some fields replaced, taken out, put in, doubled. */
export function bentObject(chance: Chance, object: Json): Json {
  const copy = structuredClone(object);
  const changes = 1 + chance.below(3);
  for (let change = 0; change < changes; change++) {
    const place = chance.of(containers(copy));
    if (Array.isArray(place)) bendList(chance, place);
    else bendFields(chance, place);
  }
  return copy;
}

function bendList(chance: Chance, list: unknown[]): void {
  const at = chance.below(list.length + 1);
  if (chance.is(0.3)) list.splice(at, 1);
  else if (chance.is(0.4) && list.length > 0) list.push(structuredClone(chance.of(list) ?? null));
  else list.splice(at, chance.below(2), oddValue(chance));
}

function bendFields(chance: Chance, fields: Json): void {
  const names = Object.keys(fields);
  const name = names.length > 0 && chance.is(0.9) ? chance.of(names) : oddName(chance);
  if (chance.is(0.2)) delete fields[name];
  else Object.defineProperty(fields, name, plain(oddValue(chance)));
}

/** An own field, even where its name is one that every object inherits. */
const plain = (value: unknown): PropertyDescriptor => ({
  value,
  enumerable: true,
  configurable: true,
  writable: true,
});

export function oddName(chance: Chance): string {
  return chance.of([
    "__proto__",
    "constructor",
    "",
    "a.b/c",
    "\u0000",
    "$patch",
    "f:x",
    "toString",
  ]);
}

/** Bytes with some of them replaced, taken out or doubled. */
export function bentBytes(chance: Chance, bytes: Uint8Array): Uint8Array {
  const made = [...bytes];
  for (let change = 1 + chance.below(6); change > 0 && made.length > 0; change--) {
    const at = chance.below(made.length);
    const how = chance.of(["cut", "double", "set", "set", "set"]);
    if (how === "cut") made.splice(at, 1 + chance.below(8));
    else if (how === "double") made.splice(at, 0, ...made.slice(at, at + chance.below(16)));
    else made[at] = chance.below(256);
  }
  return new Uint8Array(made);
}
