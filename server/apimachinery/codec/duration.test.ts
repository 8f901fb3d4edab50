import { expect, test } from "bun:test";
import { durationFault, formatDuration, parseDuration } from "./duration.ts";

test.each([
  ["0s", 0],
  ["1ns", 1],
  ["1.5µs", 1500],
  ["250ms", 250e6],
  ["1s", 1e9],
  ["1.5s", 1.5e9],
  ["1m30s", 90e9],
  ["1h0m0s", 3600e9],
  ["-2h0m0.5s", -7200.5e9],
] as const)("%s", (text, nanoseconds) => {
  expect(parseDuration(text)).toBe(nanoseconds);
  expect(formatDuration(nanoseconds)).toBe(text);
});

test.each(["", "1", "1x", "s", "1.s.", "--1s"])("%p is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});

// As a stock server answers them.
test.each([
  ["5x", 'unknown unit "x" in'],
  ["1h1d", 'unknown unit "d" in'],
  ["1s ", 'unknown unit "s " in'],
  ["1s5", "missing unit in"],
  ["1..s", "missing unit in"],
  [".s", "invalid"],
  ["-", "invalid"],
  ["abc", "invalid"],
  ["99999999h", "invalid"],
])("why %p is none", (text, words) => {
  expect(parseDuration(text)).toBeUndefined();
  expect(durationFault(text)).toBe(`time: ${words} duration "${text}"`);
});

test("many digits cost no more than their length", () => {
  expect(durationFault("1".repeat(1_000_000))).toStartWith("time: missing unit");
});
