/** The `parity` mode goes where the stock scheduler went that looks at nodes one after the other, node by node. */
import { beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import { firstOfHeap, nodesWanted } from "#scheduler/sampled-search.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { cacheOf } from "./core-replayer.ts";
import { readTraces, type Scenario } from "./traces.ts";

beforeAll(async () => {
  await buildWasm();
}, 120_000);

const file = join(import.meta.dirname, "../golden/traces/parity.jsonl.gz");

/** Where each pod goes when they come one by one, as in the recording. */
function choices(scenario: Scenario): (string | null)[] {
  const cache = cacheOf(scenario, { parity: true });
  return scenario.steps.map(({ pod }) => {
    const [encoded] = cache.encode([pod]);
    let chosen: string | null = null;
    if (encoded === undefined) throw new Error("a pod is encoded");
    cache.schedule([encoded], (_, slot) => {
      chosen = cache.nodes.nameOf(slot);
      cache.assume(pod, encoded, slot);
    });
    return chosen;
  });
}

for (const scenario of readTraces(file)) {
  test(`every pod goes to the recorded node: ${scenario.nodes.length} nodes`, () => {
    expect(choices(scenario)).toEqual(scenario.steps.map(({ node }) => node));
  });
}

test("how many nodes are enough", () => {
  const wanted = [
    ...[nodesWanted(99, 0), nodesWanted(1000, 0), nodesWanted(5000, 0), nodesWanted(100_000, 0)],
    ...[nodesWanted(1000, 5), nodesWanted(1000, 100), nodesWanted(50, 5)],
  ];
  expect(wanted).toEqual([99, 420, 500, 5000, 100, 1000, 50]);
});

test("of equals the first of the heap is taken, which need not be the first of the list", () => {
  const node = (slot: number, total: number) => ({ slot, total });
  expect(firstOfHeap([node(0, 5), node(1, 5), node(2, 5)])?.slot).toBe(0);
  expect(firstOfHeap([node(0, 1), node(1, 5), node(2, 5)])?.slot).toBe(1);
  expect(firstOfHeap([node(0, 1), node(1, 2), node(2, 5), node(3, 5), node(4, 5)])?.slot).toBe(3);
  expect(firstOfHeap([])).toBeUndefined();
});
