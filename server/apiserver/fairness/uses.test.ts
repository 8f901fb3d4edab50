import { expect, test } from "bun:test";
import { Uses } from "./uses.ts";

test("who takes a tenth of the loop stays light, who takes more does not, and is again when he has stopped", () => {
  const uses = new Uses();
  for (let now = 0; now < 10_000; now += 50) {
    uses.charge("modest", 4, now);
    uses.charge("greedy", 10, now);
  }
  expect(uses.isLight("modest", 10_000)).toBe(true);
  expect(uses.isLight("greedy", 10_000)).toBe(false);
  expect(uses.isLight("greedy", 10_500)).toBe(true);
  expect(uses.isLight("nobody", 0)).toBe(true);
});

test("one long part is not held against anybody for long", () => {
  const uses = new Uses();
  uses.charge("u", 10_000, 0);
  expect(uses.isLight("u", 300)).toBe(false);
  expect(uses.isLight("u", 500)).toBe(true);
});
