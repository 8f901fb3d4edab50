/** The loop's turns: nobody waits where there is room, and nobody's flood stands before another's first request. */
import { expect, test } from "bun:test";
import { LoopTurns } from "./loop-turns.ts";

/** Turns that come when they are told to. */
function byHand() {
  const coming: (() => void)[] = [];
  let now = 0;
  const turns = new LoopTurns(
    (turn) => void coming.push(turn),
    () => now,
  );
  const next = async (tookMs = 1): Promise<void> => {
    now += tookMs;
    coming.shift()?.();
    for (let at = 0; at < 5; at++) await Promise.resolve();
  };
  return { turns, next, pending: () => coming.length };
}

const take = (turns: LoopTurns, count: number): number =>
  Array.from({ length: count }, () => turns.free(0)).filter(Boolean).length;

test("so many begin in a turn, and as many again in the next", async () => {
  const { turns, next, pending } = byHand();
  expect(take(turns, 100)).toBe(32);
  expect(pending()).toBe(1);
  await next();
  expect(take(turns, 100)).toBe(32);
  await next();
  expect(pending()).toBe(0);
});

test("after a turn that took too long less is begun, and after short ones more again", async () => {
  const { turns, next } = byHand();
  take(turns, 32);
  await next(16);
  expect(take(turns, 100)).toBe(10);
  await next(1_000);
  expect(take(turns, 100)).toBe(8);
  const grown: number[] = [];
  for (let turn = 0; turn < 4; turn++) {
    await next(1);
    grown.push(take(turns, 100));
  }
  expect(grown).toEqual([16, 32, 32, 32]);
});

test("a large body fills a turn", () => {
  const { turns } = byHand();
  expect(turns.free(3 * 2 ** 20)).toBe(true);
  expect(turns.free(0)).toBe(false);
});

test("who asks once begins in the next turn, whatever another flood waits", async () => {
  const { turns, next } = byHand();
  take(turns, 32);
  const begun: string[] = [];
  const wait = (user: string, size = 0) =>
    void turns.turn(user, size).then((granted) => begun.push(granted ? user : `no ${user}`));
  for (let at = 0; at < 3_000; at++) wait("flood");
  wait("honest");
  await next();
  expect(begun.filter((who) => who === "no flood")).toHaveLength(1_000);
  expect(begun.filter((who) => who === "flood")).toHaveLength(31);
  expect(begun).toContain("honest");
});
