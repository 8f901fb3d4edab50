/** `npm run simulate -- --seeds 10000 [--from 1]`: runs that many simulations and says what was found. */
import { parseArgs } from "node:util";
import { implementationIn, realRoot } from "./implementation.ts";
import { simulate } from "./world.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    help: { type: "boolean", short: "h", default: false },
  },
});

/** Between two lines of progress, in milliseconds. */
const sayEveryMs = 2_000;

async function main(): Promise<number> {
  if (values.help) {
    console.log("simulate [--seeds N] [--from SEED]: seeded runs of the store and the watch cache");
    return 0;
  }
  const seeds = Number(values.seeds);
  const from = Number(values.from);
  if (!Number.isInteger(seeds) || seeds < 1 || !Number.isInteger(from)) {
    console.log("--seeds and --from take whole numbers");
    return 2;
  }
  const implementation = await implementationIn(realRoot);
  const totals = new Map<string, number>();
  let failed = 0;
  let said = Date.now();
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations, counts } = await simulate(seed, implementation);
    for (const [name, count] of Object.entries(counts)) {
      totals.set(name, (totals.get(name) ?? 0) + count);
    }
    if (violations.length > 0) failed += 1;
    for (const { assertion, what } of violations) {
      console.log(`seed ${seed}: assertion ${assertion}: ${what}`);
    }
    if (Date.now() - said < sayEveryMs) continue;
    said = Date.now();
    console.log(`${seed - from + 1} of ${seeds} seeds, ${failed} failed`);
  }
  console.log([...totals].map(([name, count]) => `${name} ${count}`).join(", "));
  console.log(`${seeds - failed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

process.exit(await main());
