/** What a sentence quotes of a value: all of it, up to a bound. */
import { expect, test } from "bun:test";
import { inTold, invalidValue, Path, required } from "./field-error.ts";
import { invalid } from "./status.ts";

const quoted = (value: unknown): string => invalidValue(new Path("x"), value, "no").message;

test("values are quoted as JSON", () => {
  for (const value of [1, "a\nb", null, true, [1, null, { a: [] }], { a: { b: "c" }, d: [{}] }]) {
    expect(quoted(value)).toBe(`Invalid value: ${JSON.stringify(value)}: no`);
  }
  expect(quoted(undefined)).toBe("Invalid value: null: no");
  expect(quoted({ a: undefined, b: [undefined] })).toBe('Invalid value: {"b":[null]}: no');
});

test("a large one is cut off", () => {
  const list = Array.from({ length: 100_000 }, (_, at) => ({ name: `n${at}` }));
  expect(quoted(list)).toStartWith('Invalid value: [{"name":"n0"},{"name":"n1"},');
  for (const large of [list, { list }, "x".repeat(100_000), [[["x".repeat(100_000)]]]]) {
    expect(quoted(large).length).toBeLessThan(9_000);
  }
});

test("many faults of a large value are not answered by gigabytes", () => {
  const list = Array.from({ length: 20_000 }, (_, at) => `n${at}`);
  const faults = list.map((_, at) => invalidValue(new Path("x").index(at), list, "no"));
  const { status } = invalid({ group: "", kind: "X" }, "x", faults);
  expect(status.message?.length).toBeLessThan(300_000);
  expect(status.details?.causes?.length).toBeGreaterThan(20);
});

test("what is declared comes last, but beneath a field that may not change", () => {
  const declared = (field: string) =>
    ({ ...required(new Path(field), ""), isDeclared: true }) as const;
  const byHand = invalidValue(new Path("spec.b"), 1, "no");
  const fields = (...errors: Parameters<typeof inTold>[0]) =>
    inTold(errors).map(({ field }) => field);
  expect(fields(declared("spec.a"), byHand)).toEqual(["spec.b", "spec.a"]);
  const fixed = invalidValue(new Path("spec"), null, "field is immutable");
  expect(fields(declared("spec.a"), byHand, fixed)).toEqual(["spec.a", "spec.b", "spec"]);
});
