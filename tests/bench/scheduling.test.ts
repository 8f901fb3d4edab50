import { beforeAll, expect, test } from "bun:test";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { runSchedulingCase } from "./scheduling.ts";

beforeAll(async () => {
  await buildWasm();
}, 120_000);

for (const shape of ["basic", "spread", "hardspread", "antiaffinity", "affinity"] as const) {
  test(`${shape}, small: every pod is bound, and a second run decides the same`, () => {
    const size = { shape, nodes: 150, initPods: 20, pods: 100 };
    const first = runSchedulingCase(size);
    expect(first.bound).toBe(100);
    expect(runSchedulingCase(size).hash).toBe(first.hash);
  });
}

test("what does not fit is not bound", () => {
  const full = runSchedulingCase({ shape: "antiaffinity", nodes: 30, initPods: 20, pods: 20 });
  expect(full.bound).toBe(10);
});
