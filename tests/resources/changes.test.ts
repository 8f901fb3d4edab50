/** Upstream's recorded verdicts on several changes at once, and on statuses. */
import { expect, test } from "bun:test";
import { changesDifference, readChangesCases } from "./changes-cases.ts";

/** For a machine that is busy: it takes a second or two. */
const waitMax = 60_000;
const cases = readChangesCases();

test("many were recorded, of both kinds", () => {
  expect(cases.filter(({ op }) => op === "create").length).toBeGreaterThan(400);
  expect(cases.filter(({ op }) => op === "status").length).toBeGreaterThan(250);
});

test(
  "each verdict is upstream's",
  () => {
    expect(cases.map(changesDifference).filter((fault) => fault !== undefined)).toEqual([]);
  },
  waitMax,
);
