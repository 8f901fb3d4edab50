import { expect, test } from "bun:test";
import { formatDuration, parseDuration } from "./duration.ts";

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
