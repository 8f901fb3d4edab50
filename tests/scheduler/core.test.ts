import { beforeAll, expect, test } from "bun:test";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { coreReplayer } from "./core-replayer.ts";
import { replay } from "./replay.ts";
import { readTraces, traceFiles } from "./traces.ts";

beforeAll(async () => {
  await buildWasm();
}, 120_000);

for (const file of traceFiles) {
  test(`the module thinks as the stock scheduler did: ${file.split("/").at(-1)}`, () => {
    const scenarios = readTraces(file);
    expect(scenarios.length).toBeGreaterThan(0);
    expect(scenarios.flatMap((scenario) => replay(scenario, (one) => coreReplayer(one)))).toEqual(
      [],
    );
  }, 120_000);
}
