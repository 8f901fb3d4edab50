/**
 * `bun tests/scheduler/record/preemption-main.ts [SCENARIO…]`: plays the scenarios of preemption-steps.ts on a stock scheduler and
 * writes what was seen after each step into tests/golden/preemption.json. Needs the stock components.
 */
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { serviceaccounts } from "#gen/api/core/v1.ts";
import {
  addClasses,
  recorded,
  type Snapshot,
  scenarios,
  snapshot,
  type World,
} from "../preemption-steps.ts";
import { startStockScheduler } from "./stock-scheduler.ts";

/** The scheduler has come to rest when nothing changes for so long. */
const restMs = 4000;
const lookMs = 200;

async function atRest(world: World, uids: Map<string, string>): Promise<Snapshot> {
  let last = await snapshot(world, uids);
  for (let since = performance.now(); performance.now() - since < restMs; ) {
    await new Promise((resolve) => setTimeout(resolve, lookMs));
    const now = await snapshot(world, uids);
    if (!deepEqual(now, last)) since = performance.now();
    last = now;
  }
  return last;
}

/** Those of a name alone, or all. */
const wanted = process.argv.slice(2);
const found: Record<string, Record<string, Snapshot>> = wanted.length === 0
  ? {}
  : JSON.parse(readFileSync(recorded, "utf8"));
for (const [name, steps] of Object.entries(scenarios)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const stock = await startStockScheduler({});
  try {
    const metadata = { name: "default", namespace: "default" };
    await stock.client.create(serviceaccounts, "default", { metadata });
    await addClasses(stock);
    const uids = new Map<string, string>();
    const after: Record<string, Snapshot> = {};
    for (const [about, step] of Object.entries(steps)) {
      await step(stock);
      after[about] = await atRest(stock, uids);
    }
    found[name] = after;
  } finally {
    await stock.stop();
  }
}
writeFileSync(recorded, `${JSON.stringify(found, null, 1)}\n`);
