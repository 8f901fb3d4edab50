import { expect, test } from "bun:test";
import { due } from "./compaction.ts";

const head = (revision: number) => ({ revision, compacted: 0, epoch: 1 });

test("nothing is forgotten before it has been kept for the whole time", () => {
  const first = due([], head(10), { now: 0, keepMs: 100 });
  expect(first).toEqual({ goal: undefined, kept: [{ at: 0, revision: 10 }] });
  expect(due(first.kept, head(20), { now: 99, keepMs: 100 }).goal).toBeUndefined();
});

test("what was the head long enough ago goes, and its note with it", () => {
  const notes = [
    { at: 0, revision: 10 },
    { at: 50, revision: 20 },
  ];
  expect(due(notes, head(30), { now: 100, keepMs: 100 })).toEqual({
    goal: 10,
    kept: [
      { at: 50, revision: 20 },
      { at: 100, revision: 30 },
    ],
  });
  expect(due(notes, head(30), { now: 200, keepMs: 100 }).goal).toBe(20);
});
