/**
 * `npm run torture -- --minutes N [--seed S]`: real processes under faults; operations, faults and violations as
 * tables. `--mutants [REGEX]`: each planted fault must be found.
 */
import process from "node:process";
import { parseArgs } from "node:util";
import { mutants, type TortureMutant } from "./mutants.ts";
import { reportOf, violationsShown } from "./report.ts";
import { type Outcome, torture } from "./torture.ts";

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    mutants: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    help: { type: "boolean", short: "h", default: false },
  },
});
/** Of a run with a planted fault: the rarest is found within half of it. */
const mutantSeconds = 20;

function sayer(): (line: string) => void {
  const started = performance.now();
  return (line) =>
    console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(7)} s  ${line}`);
}

/** Another seed is another order of faults. */
const triesMax = 3;

async function isFound(mutant: TortureMutant): Promise<boolean> {
  for (let seed = Number(values.seed), tries = 0; tries < triesMax; tries++, seed++) {
    let outcome: Outcome;
    try {
      outcome = await torture({ seconds: mutantSeconds, seed, mutant });
    } catch (error) {
      console.log(`${mutant.name}: the run itself failed: ${error}`);
      continue;
    }
    const { violations } = outcome.record;
    const assertions = [...new Set(violations.map(({ assertion }) => assertion))];
    const found = assertions.some((assertion) => mutant.foundBy.includes(assertion));
    const by = assertions.toSorted((a, b) => a - b).join(", ") || "nothing";
    console.log(`${found ? "found" : "missed"}: ${mutant.name}: broken: ${by} (seed ${seed})`);
    for (const line of violationsShown(violations, 2)) console.log(`  ${line}`);
    if (found) return true;
  }
  return false;
}

async function tryMutants(): Promise<number> {
  const only = new RegExp(values.only);
  const wanted = mutants.filter(({ name }) => only.test(name));
  const missed: string[] = [];
  for (const mutant of wanted) if (!(await isFound(mutant))) missed.push(mutant.name);
  console.log(`planted faults: ${wanted.length}, found: ${wanted.length - missed.length}`);
  return missed.length === 0 && wanted.length > 0 ? 0 : 1;
}

async function main(): Promise<number> {
  if (values.help) {
    console.log(
      "torture [--minutes N] [--seed S] | --mutants [--only REGEX]: API servers and Postgres under faults",
    );
    return 0;
  }
  if (values.mutants) return tryMutants();
  const seconds = Number(values.minutes) * 60;
  const outcome = await torture({ seconds, seed: Number(values.seed), say: sayer() });
  console.log(reportOf(outcome));
  return outcome.record.violations.length === 0 ? 0 : 1;
}

process.exit(await main());
