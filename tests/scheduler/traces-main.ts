/**
 * `npm run traces -- FILE…`: replays recorded scenarios of the stock scheduler (one a line, .jsonl or .jsonl.gz)
 * against the module. Every difference is printed, a summary is the last line; exit 1 on a difference.
 */
import { resolve } from "node:path";
import process from "node:process";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { coreReplayer } from "./core-replayer.ts";
import { replay } from "./replay.ts";
import { readTraces, traceFiles } from "./traces.ts";

await buildWasm();
const given = process.argv.slice(2);
let scenarios = 0;
let pods = 0;
let differences = 0;
for (const file of given.length === 0 ? traceFiles : given.map((name) => resolve(name))) {
  for (const scenario of readTraces(file)) {
    scenarios++;
    pods += scenario.steps.length;
    for (const line of replay(scenario, (one) => coreReplayer(one))) {
      differences++;
      console.log(line);
    }
  }
}
console.log(`${scenarios} scenarios, ${pods} pods, ${differences} differences`);
if (differences > 0 || scenarios === 0) process.exitCode = 1;
