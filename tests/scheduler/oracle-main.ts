/**
 * `npm run oracle -- [--seeds 100000] [--from 1] [--steps 12]`: random clusters, each lived through for so many
 * steps, module against oracle; exit 1 on a difference.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { Comparison } from "./compare.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100000" },
    from: { type: "string", default: "1" },
    steps: { type: "string", default: "12" },
  },
});
const from = Number(values.from);
const seeds = Number(values.seeds);
await buildWasm();
let different = 0;
let placed = 0;
let refused = 0;
let preempted = 0;
let allocated = 0;
for (let seed = from; seed < from + seeds; seed++) {
  const comparison = new Comparison(seed);
  comparison.run(Number(values.steps));
  placed += comparison.placed;
  preempted += comparison.preempted;
  allocated += comparison.allocated;
  refused += comparison.decisions - comparison.placed;
  if (comparison.differences.length > 0) different++;
  for (const line of comparison.differences) console.log(line);
  if ((seed - from + 1) % 1000 === 0) console.log(`${seed - from + 1} clusters`);
}
console.log(
  `${seeds} clusters, ${placed} pods placed, ${refused} refused, ${preempted} preempt, ${allocated} claims get devices, ${different} clusters differ`,
);
if (different > 0 || placed === 0) process.exitCode = 1;
