/**
 * `bun tests/scheduler/record/main.ts [--seed N] [--count N] [--steps N] [--nodes N] [--volumes] [--unusual] [--configuration FILE] > FILE`: lets
 * the stock scheduler place random pods in random clusters, one at a time, and writes what it thought, one
 * scenario a line. Needs the stock components (tests/support/peers.ts).
 */
import { readFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { parse } from "yaml";
import { Random } from "../random.ts";
import { randomScenario } from "./random-scenario.ts";
import { type Recorded, Recording } from "./recording.ts";
import { startStockScheduler } from "./stock-scheduler.ts";

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    count: { type: "string", default: "5" },
    steps: { type: "string", default: "12" },
    nodes: { type: "string", default: "0" },
    volumes: { type: "boolean", default: false },
    unusual: { type: "boolean", default: false },
    configuration: { type: "string" },
  },
});

const file = values.configuration;
const configuration: object = file === undefined ? {} : parse(readFileSync(file, "utf8"));
const stock = await startStockScheduler(configuration);
try {
  const recording = new Recording(stock);
  await recording.prepare();
  const first = Number(values.seed);
  for (let seed = first; seed < first + Number(values.count); seed++) {
    const recorded: Recorded = await recording.record(
      randomScenario(new Random(seed), {
        seed,
        nodes: Number(values.nodes),
        volumes: values.volumes,
        unusual: values.unusual,
      }),
      Number(values.steps),
    );
    process.stdout.write(
      `${JSON.stringify(file === undefined ? recorded : { ...recorded, configuration })}\n`,
    );
  }
} finally {
  await stock.stop();
}
