/** The short form: real processes, a few faults and a failover; then the same record with faults planted in it. */
import { expect, test } from "bun:test";
import { checkRecord } from "./checks.ts";
import type { Record } from "./record.ts";
import { type Outcome, torture } from "./torture.ts";

/** What a store could do wrong, done to the record of one that did not. */
const plants: readonly {
  readonly name: string;
  readonly foundBy: number;
  plant(outcome: Outcome): void;
}[] = [
  {
    name: "an acknowledged write is lost",
    foundBy: 4,
    plant: ({ record }) => Object.assign(acknowledged(record), { mark: "never made" }),
  },
  {
    name: "a revision is answered that is not the write's",
    foundBy: 4,
    plant({ record }) {
      acknowledged(record).revision += 1;
    },
  },
  {
    name: "a watch misses an event",
    foundBy: 5,
    plant({ record }) {
      const steps = record.watches.find(({ selected }) => !selected)?.steps ?? [];
      const event = steps.findIndex(({ step }) => step === "event");
      steps.splice(event, 1);
    },
  },
  {
    name: "a list lacks an object",
    foundBy: 2,
    plant({ record }) {
      const at = record.lists.findIndex(({ mode, items }) => mode === "newest" && items.length > 0);
      const list = record.lists[at];
      if (list !== undefined) record.lists[at] = { ...list, items: list.items.slice(1) };
    },
  },
  {
    name: "a list is older than what was acknowledged",
    foundBy: 2,
    plant({ record }) {
      const list = record.lists.find(({ mode }) => mode === "newest");
      if (list !== undefined) record.lists.push({ ...list, started: Number.POSITIVE_INFINITY });
    },
  },
];

function acknowledged({ writes }: Record) {
  const write = writes.findLast(({ outcome, expected }) => outcome === "written" && expected > 0);
  if (write === undefined) throw new Error("nothing was written");
  return write;
}

test("under faults every assertion holds, and each planted fault is found", async () => {
  const outcome = await torture({ seconds: 8, seed: 1 });
  const { record, truth, faults } = outcome;
  expect(record.violations).toEqual([]);
  expect(record.counts.written).toBeGreaterThan(20);
  expect(record.counts.events).toBeGreaterThan(20);
  expect(faults.get("failed over to the standby")).toBe(1);
  for (const { name, foundBy, plant } of plants) {
    record.violations.length = 0;
    plant(outcome);
    checkRecord(record, truth);
    const found = record.violations.map(({ assertion }) => assertion);
    expect({ name, found }).toEqual({ name, found: expect.arrayContaining([foundBy]) });
  }
}, 120_000);
