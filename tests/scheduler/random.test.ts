import { beforeAll, expect, test } from "bun:test";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { Comparison } from "./compare.ts";

beforeAll(async () => {
  await buildWasm();
}, 300_000);

test("150 random clusters: the module answers as the oracle does", () => {
  let placed = 0;
  let refused = 0;
  for (let seed = 1; seed <= 150; seed++) {
    const comparison = new Comparison(seed);
    comparison.run(12);
    expect(comparison.differences).toEqual([]);
    placed += comparison.placed;
    refused += comparison.decisions - comparison.placed;
  }
  // Both outcomes are common, or the clusters teach nothing.
  expect(placed).toBeGreaterThan(1000);
  expect(refused).toBeGreaterThan(100);
}, 300_000);
