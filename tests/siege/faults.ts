/** What a siege must never show, whatever the machine's speed. */
import type { Outcome } from "./siege.ts";

/** Nothing that is held for ever may be left; the load's own connections come and go. */
export const socketsLeftMax = 4;
/** The server's own parts open a watch of a resource when they first need it. */
export const watchesLeftMax = 8;
/**
 * MiB. What the allocator keeps after the storm, caches that fill once, and what happened in the last minutes, which
 * watches may ask for; a leak of any attack is larger, and growth-main.ts sees smaller ones.
 */
export const memoryLeftMax = 250;
/** Each verb and code of a resource is a row of some kilobytes, whoever asks for it. */
export const scrapedMax = 3_000_000;
const shownMax = 5;
/** A machine that is busy besides makes anybody late: that is shown in the table, and is no fault. */
const late = /took too long|timed out|Timeout/;

export function faultsOf({ rows, start, end, died, loadFailed }: Outcome): readonly string[] {
  const refused = new Set(loadFailed.filter((what) => !late.test(what)));
  const broken = rows
    .filter(({ answers }) => (answers.get("500") ?? 0) > 0)
    .map(({ name, answers }) => `${name}: ${answers.get("500")} answers were 500`);
  return [
    ...(died === "" ? [] : [`the server died: ${died.slice(-2_000)}`]),
    ...broken,
    ...[...refused].slice(0, shownMax).map((what) => `the load was refused: ${what}`),
    ...(end.sockets > start.sockets + socketsLeftMax
      ? [`${end.sockets - start.sockets} sockets are still open`]
      : []),
    ...(end.watches > start.watches + watchesLeftMax
      ? [`${end.watches - start.watches} watches live on`]
      : []),
    ...(end.inflight > start.inflight ? [`${end.inflight} requests are still in flight`] : []),
    ...(end.scraped > scrapedMax ? [`a scrape answers ${end.scraped} bytes`] : []),
    ...(end.memory > start.memory + memoryLeftMax
      ? [`memory went from ${start.memory.toFixed(0)} to ${end.memory.toFixed(0)} MiB`]
      : []),
  ];
}

/** Of the load's 99th percentile with the crowd here to that with it elsewhere. */
const slowerMax = 2;

/** What a siege long enough to say something of time must not show either. */
export function delaysOf({ rows, control, during }: Outcome): readonly string[] {
  const far = (of: number, to: number): boolean => of > slowerMax * to;
  // One crowd's control is a few hundred requests: a lucky one is no measure of the machine.
  const slow = rows.filter((row) => far(row.during, Math.max(row.control, control)));
  return [
    ...slow.map((row) => `${row.name}: the load's p99 is ${row.during.toFixed(0)} ms`),
    ...(far(during, control) ? [`over all: the load's p99 is ${during.toFixed(0)} ms`] : []),
  ];
}
