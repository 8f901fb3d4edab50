/** A value that was taken apart is the same value when it is put together. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { piecesOf, put } from "./pieces.ts";

const together = (value: unknown): unknown => piecesOf(value).reduce<unknown>(put, undefined);

const wide = (count: number): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`k${at}`.padEnd(10, "x"), `v${at}`]).sort(),
  );

test("large objects and lists within each other come back, in their order", () => {
  const value = {
    kind: "ConfigMap",
    metadata: { name: "x", labels: wide(20_000), annotations: {} },
    items: Array.from({ length: 500 }, (_, at) => ({ at, text: "x".repeat(300) })),
    list: [wide(5_000), [], "x".repeat(100_000), Array(30_000).fill(1)],
    none: null,
  };
  expect(piecesOf(value).length).toBeGreaterThan(10);
  expect(piecesOf(value).every(({ text }) => text.length < 200_000)).toBe(true);
  expect(JSON.stringify(together(value))).toBe(JSON.stringify(value));
});

test("the members of a large map come back by their names, those of a small one as they stood", () => {
  const names = Array.from({ length: 3_000 }, (_, at) => `k${3_000 - at}`);
  const of = (some: readonly string[]) => Object.fromEntries(some.map((name) => [name, 1]));
  expect(Object.keys(together(of(names)) as object)).toEqual(names.toSorted());
  expect(Object.keys(together(of(names.slice(0, 9))) as object)).toEqual(names.slice(0, 9));
});

test("a name that means something to the language is a name", () => {
  const inner = `{"__proto__":${JSON.stringify(wide(5_000))},"constructor":{"a":1}}`;
  const value: unknown = JSON.parse(`{"__proto__":${inner},"b":2}`);
  expect(JSON.stringify(together(value))).toBe(JSON.stringify(value));
});

test("any value comes back", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.stringify(together(value))).toBe(JSON.stringify(value));
    }),
    { numRuns: 200 },
  );
});
