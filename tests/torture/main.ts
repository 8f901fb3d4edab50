/** `npm run torture -- --minutes N [--seed S] [--lying-disk]`: real processes under faults; says what was done and what was found. */

import process from "node:process";
import { parseArgs } from "node:util";
import { torture } from "./torture.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    "lying-disk": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
/** Beyond it the list says nothing new. */
const violationsShownMax = 20;

async function main(): Promise<number> {
  if (values.help) {
    console.log(
      "torture [--minutes N] [--seed S] [--lying-disk]: API servers and Postgres under faults",
    );
    return 0;
  }
  const started = performance.now();
  const say = (line: string): void =>
    console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${line}`);
  const seconds = Number(values.minutes) * 60;
  const options = { seconds, seed: Number(values.seed), lyingDisk: values["lying-disk"], say };
  const { record, truth, faults } = await torture(options);
  const { written, conflicts, refused, unknown, lists, events, expired } = record.counts;
  console.log(
    `operations: ${record.writes.length} writes (${written} written, ${conflicts} conflicts, ${refused} refused, ${unknown} unknown), ${lists} lists, ${events} watched events, ${expired} expired watches; head ${truth.newest}`,
  );
  console.log(
    `faults: ${[...faults].map(([name, count]) => `${name} ${count}`).join(", ") || "none"}`,
  );
  for (const { assertion, what } of record.violations.slice(0, violationsShownMax))
    console.log(`violated ${assertion}: ${what}`);
  console.log(`violations: ${record.violations.length}`);
  return record.violations.length === 0 ? 0 : 1;
}

process.exit(await main());
