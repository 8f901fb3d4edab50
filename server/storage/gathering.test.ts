import { expect, test } from "bun:test";
import { Gathering } from "./gathering.ts";

/** Timers that fire when they are told to. */
function byHand() {
  const timers = new Set<() => void>();
  const gathering = new Gathering({
    now: () => 0,
    after(_, run) {
      timers.add(run);
      return () => timers.delete(run);
    },
    turn: () => Promise.resolve(),
  });
  return { gathering, timers };
}

test("a batch waits for as many as there were the last time, and no longer", async () => {
  const { gathering, timers } = byHand();
  expect(gathering.complete(1)).toBeUndefined();
  gathering.saw(3);
  let complete = false;
  const waited = gathering.complete(1)?.then(() => {
    complete = true;
  });
  gathering.waiting(2);
  await Promise.resolve();
  expect(complete).toBe(false);
  gathering.waiting(3);
  await waited;
  expect(complete).toBe(true);
  expect(timers.size).toBe(0);
});

test("who does not come again is waited for once", async () => {
  const { gathering, timers } = byHand();
  gathering.saw(2);
  const waited = gathering.complete(1);
  for (const run of timers) run();
  await waited;
  gathering.saw(1);
  expect(gathering.complete(1)).toBeUndefined();
});

test("a crowd waits for nobody", () => {
  const { gathering } = byHand();
  gathering.saw(17);
  expect(gathering.complete(1)).toBeUndefined();
});
