import { beforeAll, expect, test } from "bun:test";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { Comparison } from "./compare.ts";

beforeAll(async () => {
  await buildWasm();
}, 300_000);

const clusters = 2000;
/** `npm run oracle` lives through more. */
const steps = 3;

test(`${clusters} random clusters: the module answers as the oracle does`, () => {
  let placed = 0;
  let refused = 0;
  for (let seed = 1; seed <= clusters; seed++) {
    const comparison = new Comparison(seed);
    comparison.run(steps);
    expect(comparison.differences).toEqual([]);
    placed += comparison.placed;
    refused += comparison.decisions - comparison.placed;
  }
  // Both outcomes are common, or the clusters teach nothing.
  expect(placed).toBeGreaterThan(5000);
  expect(refused).toBeGreaterThan(1000);
}, 3_600_000);

test("random clusters where pods claim devices: the module answers and allocates as the oracle does", () => {
  let allocated = 0;
  for (let seed = 1; seed <= 60; seed++) {
    const comparison = new Comparison(seed, undefined, true);
    comparison.run(8);
    expect(comparison.differences).toEqual([]);
    allocated += comparison.allocated;
  }
  expect(allocated).toBeGreaterThan(50);
}, 600_000);
