import { expect, test } from "bun:test";
import { humanDuration } from "./duration.ts";

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;

test("ages read as kubectl prints them", () => {
  const ages: readonly (readonly [number, string])[] = [
    [-3 * second, "<invalid>"],
    [-1 * second, "0s"],
    [0, "0s"],
    [119 * second, "119s"],
    [120 * second, "2m"],
    [190 * second, "3m10s"],
    [600 * second, "10m"],
    [179 * 60 * second, "179m"],
    [3 * hour, "3h"],
    [3.5 * hour, "3h30m"],
    [9.5 * hour, "9h"],
    [47 * hour, "47h"],
    [2 * day, "2d"],
    [2 * day + 3 * hour, "2d3h"],
    [9.9 * day, "9d"],
    [729 * day, "729d"],
    [730 * day, "2y"],
    [731 * day, "2y1d"],
    [8.5 * 365 * day, "8y"],
  ];
  for (const [milliseconds, text] of ages) expect(humanDuration(milliseconds)).toBe(text);
});
