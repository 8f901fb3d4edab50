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
  {
    name: "a later revision was answered before an earlier one was asked for",
    foundBy: 1,
    plant({ record }) {
      const { writes } = record;
      const early = writes.find(({ outcome }) => outcome === "written");
      Object.assign(early ?? {}, { started: Number.MAX_VALUE, ended: Number.MAX_VALUE });
    },
  },
  {
    name: "a write replaced what it did not expect",
    foundBy: 3,
    plant({ record }) {
      const { writes } = record;
      const write = writes.find(({ outcome, expected }) => outcome === "written" && expected > 0);
      Object.assign(write ?? {}, { expected: 1 });
    },
  },
  {
    name: "the initial set of a watch lacks an object",
    foundBy: 6,
    plant({ record }) {
      const all = record.watches.flatMap(({ steps }) => steps);
      const state = all.find((each) => each.step === "state" && each.items.length > 0);
      if (state?.step === "state") Object.assign(state, { items: state.items.slice(1) });
    },
  },
  {
    name: "a list of the past shows what came later",
    foundBy: 7,
    plant({ record }) {
      const list = record.lists.find(({ mode }) => mode === "exact");
      if (list !== undefined) record.lists.push({ ...list, items: [...list.items, "later@1 x"] });
    },
  },
  {
    name: "a watch is told that it expired where nothing was compacted",
    foundBy: 8,
    plant({ record, truth }) {
      record.watches[0]?.steps.push({
        step: "expired",
        from: truth.newest,
        compacted: 0,
        epoch: truth.epoch,
      });
    },
  },
  {
    name: "a server keeps its memory",
    foundBy: 9,
    plant({ record }) {
      const weight = { server: "z", pid: 0, working: [2 ** 27], rest: 2 ** 33 };
      record.memory.push(weight);
    },
  },
  {
    name: "a Service is given the address of another",
    foundBy: 10,
    plant({ truth }) {
      const changes = truth.timelines.flatMap((timeline) => timeline.changes);
      const made = changes.findLast(
        ({ key, op }) => key.resource === "services" && op === "create",
      );
      if (made === undefined) throw new Error("no Service was made");
      const name = `${made.key.name}-twin`;
      const { newest, timelines } = truth;
      const key = { ...made.key, name };
      timelines
        .at(-1)
        ?.changes.push({ ...made, revision: newest + 1 }, { ...made, key, revision: newest + 2 });
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
  // Faults planted before stay: only what is new counts.
  let known = new Set<string>();
  for (const { name, foundBy, plant } of plants) {
    record.violations.length = 0;
    plant(outcome);
    checkRecord(record, truth);
    const fresh = record.violations.filter(({ what }) => !known.has(what));
    const found = fresh.map(({ assertion }) => assertion);
    expect({ name, found }).toEqual({ name, found: expect.arrayContaining([foundBy]) });
    known = new Set(record.violations.map(({ what }) => what));
  }
  expect(new Set(plants.map(({ foundBy }) => foundBy)).size).toBe(10);
}, 120_000);
