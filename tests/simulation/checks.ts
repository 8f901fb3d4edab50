/** Checks of a whole history; those of single answers stand where the answer comes (readers.ts, watchers.ts). */

import { keyText } from "#storage/key.ts";
import type { Change } from "#storage/storage.ts";
import type { History, WriteRecord } from "./history.ts";
import type { Server, Timeline } from "./simulated-database.ts";
import { markOf } from "./truth.ts";
import { quotaKey, quotaMax } from "./writers.ts";

export function checkHistory(history: History, server: Server): void {
  checkWrites(history, server.timelines);
  checkConflicts(history, server);
}

/** What holds of any history and the log of what was committed in it: tests/torture checks real processes by it. */
export function checkWrites(
  history: History,
  timelines: readonly Pick<Timeline, "start" | "changes">[],
): void {
  for (const { changes, start } of timelines) {
    checkDense(history, start, changes);
    checkSwaps(history, changes);
    checkQuota(history, changes);
  }
  checkRealTime(history);
  checkAnswers(history, timelines);
}

/** 1: no hole and no double. */
function checkDense(history: History, start: number, changes: readonly Change[]): void {
  for (const [at, { revision }] of changes.entries()) {
    if (revision !== start + at + 1) {
      history.violated(1, `revision ${revision} stands where ${start + at + 1} must`);
      return;
    }
  }
}

/** 1: who asked after another was answered comes after it. */
function checkRealTime(history: History): void {
  const written = history.writes.filter(({ outcome }) => outcome === "written");
  const byEnd = written.toSorted((a, b) => a.ended - b.ended);
  const byStart = written.toSorted((a, b) => a.started - b.started);
  let answered = 0;
  let highest = 0;
  for (const write of byStart) {
    for (; (byEnd[answered]?.ended ?? Number.POSITIVE_INFINITY) < write.started; answered++) {
      highest = Math.max(highest, byEnd[answered]?.revision ?? 0);
    }
    if (write.revision <= highest) {
      history.violated(1, `${write.revision} was given after ${highest} was acknowledged`);
    }
  }
  const revisions = new Set(written.map(({ revision }) => revision));
  if (revisions.size !== written.length) history.violated(1, "a revision was acknowledged twice");
}

/** 3: each change replaces exactly what stood. */
function checkSwaps(history: History, changes: readonly Change[]): void {
  const expected = new Map(history.writes.map((write) => [write.mark, write.expected]));
  for (const { object, previous, revision } of changes) {
    const was = expected.get(markOf(object));
    // Written by nobody whose answers are recorded: the cluster's own objects.
    if (was === undefined && markOf(object) === "none") continue;
    if (was === (previous?.revision ?? 0)) continue;
    history.violated(3, `${revision} expected ${was}, replaced ${previous?.revision}`);
  }
}

/** 4: acknowledged is written once, refused never, unknown at most once. */
function checkAnswers(history: History, timelines: readonly Pick<Timeline, "changes">[]): void {
  const made = Map.groupBy(
    timelines.flatMap(({ changes }) => changes),
    ({ object }) => markOf(object),
  );
  for (const write of history.writes) checkAnswer(history, write, made.get(write.mark) ?? []);
}

function checkAnswer(history: History, write: WriteRecord, made: readonly Change[]): void {
  const { mark, outcome, revision } = write;
  if (made.length > 1) history.violated(4, `${mark} was written ${made.length} times`);
  const wasWritten = made.length > 0;
  if (outcome === "written" && (made[0]?.revision !== revision || !wasWritten)) {
    history.violated(4, `${mark} was acknowledged at ${revision}, stands at ${made[0]?.revision}`);
  }
  if ((outcome === "conflict" || outcome === "refused") && wasWritten) {
    history.violated(4, `${mark} was answered ${outcome}, and written at ${made[0]?.revision}`);
  }
}

/** 3: what a loser was shown did stand there while it asked, and was not what it expected. */
function checkConflicts(history: History, server: Server): void {
  for (const { outcome, key, expected, revision, started, ended, mark } of history.writes) {
    if (outcome !== "conflict") continue;
    if (revision === expected) {
      history.violated(3, `${mark} lost against ${revision}, which it expected`);
      continue;
    }
    const stood = (server.standings.get(keyText(key)) ?? [{ revision: 0, from: 0 }]).some(
      (standing, at, all) =>
        standing.revision === revision &&
        standing.from <= ended &&
        (all[at + 1]?.from ?? Number.POSITIVE_INFINITY) >= started,
    );
    if (!stood)
      history.violated(3, `${mark} was shown ${revision}, which did not stand there then`);
  }
}

/** 10: a bound kept by compare-and-swap is never passed, and each raise is by one. */
function checkQuota(history: History, changes: readonly Change[]): void {
  const counts = changes.filter(({ key }) => key.name === quotaKey.name);
  for (const { object, previous, revision } of counts) {
    const count = Number(object.metadata.annotations?.["count"]);
    const before = Number(previous?.object.metadata.annotations?.["count"] ?? 0);
    const raised = count === before + 1 || (count === 0 && before === quotaMax);
    if (count > quotaMax || !raised) {
      history.violated(10, `at ${revision} the count went from ${before} to ${count}`);
    }
  }
}
