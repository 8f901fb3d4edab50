import { expect, test } from "bun:test";
import { oracleReplayer } from "./oracle-replayer.ts";
import { replay } from "./replay.ts";
import { readTraces, traceFiles } from "./traces.ts";

for (const file of traceFiles) {
  test(`the oracle thinks as the stock scheduler did: ${file.split("/").at(-1)}`, () => {
    const scenarios = readTraces(file);
    expect(scenarios.length).toBeGreaterThan(0);
    expect(scenarios.flatMap((scenario) => replay(scenario, oracleReplayer))).toEqual([]);
  }, 120_000);
}
