import { expect, test } from "bun:test";
import fc from "fast-check";
import { deepEqual } from "./deep-equal.ts";

test("an absent field is an undefined one", () => {
  expect(deepEqual({ a: 1, b: undefined }, { a: 1 })).toBe(true);
  expect(deepEqual({ a: 1 }, { a: 1, b: null })).toBe(false);
  expect(deepEqual({ a: undefined, b: 1 }, { b: 1, c: undefined })).toBe(true);
});

test("an array is not an object with the same fields", () => {
  expect(deepEqual([], {})).toBe(false);
  expect(deepEqual([1, 2], [2, 1])).toBe(false);
});

test("equal exactly when the canonical JSON is", () => {
  const sorted = (value: unknown): unknown =>
    typeof value !== "object" || value === null || Array.isArray(value)
      ? Array.isArray(value)
        ? value.map(sorted)
        : value
      : Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, item]) => [name, sorted(item)]),
        );
  const small = fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(small, small, (a, b) => {
      const canonical = (value: unknown): string => JSON.stringify(sorted(value));
      expect(deepEqual(a, b)).toBe(canonical(a) === canonical(b));
      expect(deepEqual(a, JSON.parse(JSON.stringify(a)))).toBe(true);
    }),
  );
});
