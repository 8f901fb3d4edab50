import { beforeAll, expect, test } from "bun:test";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { scaled, schedulingCases } from "./scheduling-cases.ts";
import { chart } from "./scheduling-chart.ts";
import { runCore } from "./scheduling-core.ts";
import { growthChart, growthOf } from "./scheduling-growth-chart.ts";

function never(): never {
  throw new Error("there are cases");
}

beforeAll(async () => {
  await buildWasm();
}, 120_000);

for (const given of schedulingCases.filter(({ name }) => !name.includes("/"))) {
  test(`${given.name}, small: every pod is bound, and a second run decides the same`, () => {
    const size = scaled(given, 0.02);
    const first = runCore(size);
    const [count] = size.pods;
    expect(first.bound).toBe(given.form === "lone" ? count - Math.floor(count / 5) : count);
    expect(runCore(size).hash).toBe(first.hash);
  });
}

test("the chart has a bar for each measure, longer for more", () => {
  const svg = chart([
    { name: "a", api: 100, peer: 20 },
    { name: "b", api: 50 },
  ]);
  const widths = [...svg.matchAll(/<rect .* width="([\d.]+)"/g)].map((match) => Number(match[1]));
  expect(widths).toHaveLength(3);
  expect(widths[0]).toBeGreaterThan(widths[2] ?? 0);
  expect(widths[2]).toBeGreaterThan(widths[1] ?? 0);
});

test("growth is drawn by what grows, each number once", () => {
  const core = runCore(scaled(schedulingCases[0] ?? never(), 0.002));
  const rows = [1000, 100].map((nodes) => ({ name: `Growth/nodes=${nodes}`, core }));
  const grown = growthOf([...rows, { name: "SchedulingBasic", core }]);
  expect([...grown.keys()]).toEqual(["nodes"]);
  expect(grown.get("nodes")?.map(({ x }) => x)).toEqual([100, 1000]);
  expect(growthChart(rows)).toContain("<polyline");
});

test("all pods distinct, all terms distinct: every pod is bound", () => {
  for (const given of schedulingCases.filter(({ name }) => name.startsWith("Worst/")))
    expect(runCore(scaled(given, 0.05)).bound).toBe(100);
});

test("what does not fit is not bound", () => {
  const given = schedulingCases.find(({ name }) => name === "SchedulingPodAntiAffinity");
  if (given === undefined) throw new Error("no such case");
  const full = {
    ...given,
    nodes: 30,
    init: [20, "antiaffinity"],
    pods: [20, "antiaffinity"],
  } as const;
  expect(runCore(full).bound).toBe(10);
});
