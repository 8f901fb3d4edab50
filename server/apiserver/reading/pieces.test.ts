/** A value that was taken apart is the same value when it is put together. */
import { expect, test } from "bun:test";
import fc from "fast-check";
import { piecesOf, put } from "./pieces.ts";

const together = (value: unknown): unknown => piecesOf(value).reduce<unknown>(put, undefined);

const wide = (count: number): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${count - at}`, `v${at}`]));

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
