import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  addQuantity,
  canonicalQuantity,
  compareQuantity,
  formatQuantity,
  isWholeQuantity,
  parseQuantity,
  QuantityError,
  quantityMilli,
  quantityValue,
  subtractQuantity,
} from "./quantity.ts";

describe("canonical text", () => {
  const pairs: readonly (readonly [string, string])[] = [
    ["0", "0"],
    ["0Ki", "0"],
    ["1000m", "1"],
    ["1500m", "1500m"],
    ["1.5", "1500m"],
    ["1.500", "1.500"],
    ["0.1", "100m"],
    ["1024Mi", "1Gi"],
    ["1536Mi", "1536Mi"],
    ["1.5Gi", "1536Mi"],
    ["0.5Ki", "512"],
    ["0.5Mi", "512Ki"],
    ["0.0001Ki", "102400u"],
    ["1000k", "1M"],
    ["123456789k", "123456789k"],
    ["1e3", "1e3"],
    ["1000e3", "1e6"],
    ["1E", "1E"],
    ["100000000000000000000", "100E"],
    ["-1000m", "-1"],
    ["+5", "+5"],
    ["0.0000000001", "1n"],
    ["100Ei", "9223372036854775807"],
    ["1.", "1."],
    [".5", "500m"],
    ["12345678901234567890", "12345678901234567890"],
    ["1024", "1024"],
    ["1000", "1k"],
  ];
  for (const [text, canonical] of pairs)
    test(`${text} is ${canonical}`, () => expect(canonicalQuantity(text)).toBe(canonical));
});

test("text that is no quantity is refused", () => {
  for (const text of [
    "",
    " 1",
    "1 ",
    "1Kib",
    "abc",
    "1ki",
    "1.5.5",
    "1e",
    "1ee3",
    "--1",
    "1m5",
    "1e99999999",
  ])
    expect(() => parseQuantity(text)).toThrow(QuantityError);
});

const suffix = fc.constantFrom(
  "",
  "n",
  "u",
  "m",
  "k",
  "M",
  "G",
  "T",
  "Ki",
  "Mi",
  "Gi",
  "Ti",
  "e3",
  "E-3",
);
const written = fc
  .tuple(fc.constantFrom("", "-"), fc.nat(), fc.option(fc.nat(9999)), suffix)
  .map(
    ([sign, whole, fraction, unit]) =>
      `${sign}${whole}${fraction === null ? "" : `.${fraction}`}${unit}`,
  );

test("canonical text is equal in value and stays as it is", () => {
  fc.assert(
    fc.property(written, (text) => {
      const canonical = canonicalQuantity(text);
      expect(compareQuantity(parseQuantity(text), parseQuantity(canonical))).toBe(0);
      expect(canonicalQuantity(canonical)).toBe(canonical);
    }),
  );
});

const int64Max = parseQuantity("9223372036854775807");
const int64Min = parseQuantity("-9223372036854775807");

test("sums and comparisons agree", () => {
  fc.assert(
    fc.property(written, written, (left, right) => {
      const [a, b] = [parseQuantity(left), parseQuantity(right)];
      const back = subtractQuantity(addQuantity(a, b), b);
      expect(compareQuantity(back, a)).toBe(0);
      expect(compareQuantity(a, b)).toBe(-compareQuantity(b, a) || 0);
      const sum = addQuantity(a, b);
      // Binary notation is read with a cap at the int64, as upstream does.
      if (compareQuantity(sum, int64Max) > 0 || compareQuantity(sum, int64Min) < 0) return;
      expect(compareQuantity(parseQuantity(formatQuantity(sum)), sum)).toBe(0);
    }),
  );
});

test("integer views round away from zero, and the quick ways agree with the exact one", () => {
  expect(quantityValue("1500m")).toBe(2);
  expect(quantityValue("1n")).toBe(1);
  expect(quantityValue("8Gi")).toBe(8 * 1024 ** 3);
  expect(quantityMilli("1.5")).toBe(1500);
  expect(quantityMilli("100u")).toBe(1);
  fc.assert(
    fc.property(written, (text) => {
      expect(quantityValue(text)).toBe(quantityValue(`+${text}`.replace("+-", "-")));
      expect(quantityMilli(text)).toBe(quantityMilli(`+${text}`.replace("+-", "-")));
    }),
  );
});

// As a stock server answers for the pods of a quota.
test.each([
  ["1", true],
  ["1.0", true],
  ["1000m", true],
  ["1500m", false],
  ["9223372036854775", true],
  ["9223372036854776", false],
  ["9Pi", false],
  ["1Ei", false],
  ["1E", true],
  ["16Ei", true],
])("%s is a whole number: %p", (text, isWhole) => {
  expect(isWholeQuantity(text)).toBe(isWhole);
});
