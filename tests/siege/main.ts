/** `npm run siege -- [--minutes N] [--seed S] [--only WORD]...`: hostile clients against a real server, with a legitimate load beside them. */
import process from "node:process";
import { parseArgs } from "node:util";
import { attacks } from "./attacks/registry.ts";
import { delaysOf, faultsOf } from "./faults.ts";
import { siege } from "./siege.ts";
import { table } from "./table.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "10" },
    seed: { type: "string", default: "1" },
    only: { type: "string", multiple: true, default: [""] },
  },
});

const chosen = attacks.filter(({ name }) => values.only.some((word) => name.includes(word)));
const started = performance.now();
const outcome = await siege({
  seconds: Number(values.minutes) * 60,
  seed: Number(values.seed),
  attacks: chosen,
  timed: true,
  say: (line) =>
    process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s  ${line}\n`),
});
console.log(table(outcome));
/** Shorter sieges have too few samples a crowd. */
const timedMinutesMin = 5;
const isTimed = Number(values.minutes) >= timedMinutesMin;
const faults = [...faultsOf(outcome), ...(isTimed ? delaysOf(outcome) : [])];
for (const fault of faults) console.log(`fault: ${fault}`);
console.log(`faults: ${faults.length}`);
process.exit(faults.length === 0 ? 0 : 1);
