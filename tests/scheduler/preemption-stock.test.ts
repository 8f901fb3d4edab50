/** Room made step by step beside what a stock scheduler did: the same victims, nominations, conditions, words and events. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { closersOfEach, openCluster, startScheduler } from "./plane.ts";
import {
  addClasses,
  type Recorded,
  recorded,
  type Snapshot,
  scenarios,
  snapshot,
  type World,
} from "./preemption-steps.ts";

const closers = closersOfEach();
const lookMs = 50;
const waitMsMax = 10_000;
const stock: Recorded = JSON.parse(readFileSync(recorded, "utf8"));

/** As the stock scheduler left it, or what it is when that does not come. */
async function whenLike(theirs: Snapshot, world: World, uids: Map<string, string>) {
  const end = performance.now() + waitMsMax;
  for (;;) {
    const now = await snapshot(world, uids);
    if (deepEqual(now, theirs) || performance.now() > end) return now;
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}

for (const [name, steps] of Object.entries(scenarios))
  test(`room is made alike: ${name}`, async () => {
    const plane = await openCluster(closers);
    startScheduler(plane, closers);
    await addClasses(plane);
    const uids = new Map<string, string>();
    for (const [about, step] of Object.entries(steps)) {
      const theirs = stock[name]?.[about];
      if (theirs === undefined) throw new Error(`${name}, ${about} is not recorded`);
      await step(plane);
      expect({ about, ...(await whenLike(theirs, plane, uids)) }).toEqual({ about, ...theirs });
    }
  }, 120_000);
