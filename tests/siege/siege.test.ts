/** The short form: every attack once, the load beside them; and faults planted in an outcome are seen. */
import { expect, test } from "bun:test";
import { attacks } from "./attacks/registry.ts";
import { delaysOf, faultsOf } from "./faults.ts";
import { siege } from "./siege.ts";
import { table } from "./table.ts";

test("under every attack the server lives, answers its load, and holds nothing afterwards", async () => {
  const outcome = await siege({ seconds: 30, seed: 1, attacks, timed: false });
  console.log(table(outcome));
  expect(faultsOf(outcome)).toEqual([]);
  expect(outcome.loadRequests).toBeGreaterThan(100);
  expect(outcome.rows.map(({ name }) => name)).toEqual(attacks.map(({ name }) => name));
  expect(outcome.rows.filter(({ answers }) => answers.size === 0)).toEqual([]);

  const { start, end, rows } = outcome;
  const [row] = rows;
  if (row === undefined) throw new Error("no attack was made");
  const planted = [
    { ...outcome, died: "out of memory" },
    { ...outcome, rows: [{ ...row, answers: new Map([["500", 1]]) }] },
    { ...outcome, loadFailed: ["get: Error: refused"] },
    { ...outcome, end: { ...end, sockets: start.sockets + 100 } },
    { ...outcome, end: { ...end, watches: start.watches + 100 } },
    { ...outcome, end: { ...end, inflight: start.inflight + 1 } },
    { ...outcome, end: { ...end, scraped: 90_000_000 } },
    { ...outcome, end: { ...end, memory: start.memory + 1_000 } },
  ];
  expect(planted.map((wrong) => faultsOf(wrong).length)).toEqual(planted.map(() => 1));

  const even = { ...outcome, control: 10, during: 19, rows: [{ ...row, control: 5, during: 19 }] };
  expect(delaysOf(even)).toEqual([]);
  expect(delaysOf({ ...even, during: 21 })).toHaveLength(1);
  expect(delaysOf({ ...even, rows: [{ ...row, control: 5, during: 21 }] })).toHaveLength(1);
}, 400_000);
