import { expect, test } from "bun:test";
import { Lanes } from "./lanes.ts";

const at = (priority: number, sequence: number) => ({ priority, sequence });

test("greatest priority first, then who came first, also when somebody comes back late", () => {
  const lanes = new Lanes<{ priority: number; sequence: number }>();
  for (const item of [at(0, 1), at(5, 3), at(0, 4), at(-2, 0), at(0, 2), at(5, 5)])
    lanes.push(item);
  expect(lanes.pop()).toEqual(at(5, 3));
  lanes.push(at(5, 1));
  const rest = Array.from({ length: 7 }, () => lanes.pop());
  expect(rest).toEqual([at(5, 1), at(5, 5), at(0, 1), at(0, 2), at(0, 4), at(-2, 0), undefined]);
});

test("a lane of thousands stays in order while it is filled and emptied", () => {
  const lanes = new Lanes<{ priority: number; sequence: number }>();
  let pushed = 0;
  let popped = 0;
  for (let round = 0; round < 50; round++) {
    for (let i = 0; i < 300; i++) lanes.push(at(0, pushed++));
    for (let i = 0; i < 250; i++) expect(lanes.pop()?.sequence).toBe(popped++);
  }
  while (popped < pushed) expect(lanes.pop()?.sequence).toBe(popped++);
  expect(lanes.peek()).toBeUndefined();
});
