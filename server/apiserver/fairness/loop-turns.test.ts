/** The loop's turns: nobody waits where there is room, and nobody's flood stands before another's first request. */
import { expect, test } from "bun:test";
import { LoopTurns } from "./loop-turns.ts";

/** Turns that come when they are told to; what is begun takes `takes` milliseconds. */
function byHand(takes = 0) {
  let coming: (() => void)[] = [];
  const resting: (() => void)[] = [];
  let now = 0;
  const begun: string[] = [];
  const turns = new LoopTurns(
    (step) => void coming.push(step),
    () => now,
    (step) => void resting.push(step),
  );
  const rested = (): void => {
    for (const step of resting.splice(0)) step();
  };
  const next = async (): Promise<void> => {
    const steps = coming;
    coming = [];
    for (const step of steps) {
      step();
      for (let at = 0; at < 5; at++) await Promise.resolve();
    }
  };
  const wait = (user: string, size = 0) =>
    void turns.turn(user, size).then((granted) => {
      begun.push(granted ? user : `no ${user}`);
      if (granted) now += takes;
    });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { turns, next, wait, pass, begun, rested, pending: () => coming.length };
}

const take = (turns: LoopTurns, count: number): number =>
  Array.from({ length: count }, () => turns.free("u", 0)).filter(Boolean).length;

test("so many begin in a turn, and as many again in the next", async () => {
  const { turns, next, pending } = byHand();
  expect(take(turns, 100)).toBe(32);
  expect(pending()).toBe(1);
  await next();
  expect(take(turns, 100)).toBe(32);
  await next();
  expect(pending()).toBe(0);
});

test("a turn that took long enough begins nothing more, and what goes on waits for the next", async () => {
  const { turns, next, pass } = byHand();
  expect(turns.free("u", 0)).toBe(true);
  pass(4);
  expect(turns.free("u", 0)).toBe(true);
  expect(turns.breath("u")).toBeUndefined();
  pass(1);
  expect(turns.free("u", 0)).toBe(false);
  const breath = turns.breath("u");
  expect(breath).toBeInstanceOf(Promise);
  await next();
  expect(await breath).toBe(true);
  expect(turns.free("u", 0)).toBe(true);
});

test("of what waits a turn begins as much as it has time for, and one at least", async () => {
  for (const [takes, fit] of [
    [1, 5],
    [2, 3],
    [100, 1],
    [0, 32],
  ] as const) {
    const { next, wait, begun } = byHand(takes);
    for (let at = 0; at < 50; at++) wait("u");
    await next();
    expect(begun).toHaveLength(fit);
    await next();
    expect(begun).toHaveLength(Math.min(50, 2 * fit));
  }
});

test("a large body fills a turn", () => {
  const { turns } = byHand();
  expect(turns.free("u", 3 * 2 ** 20)).toBe(true);
  expect(turns.free("u", 0)).toBe(false);
});

test("who asks once begins in the next turn, whatever another flood waits", async () => {
  const { turns, next, wait, begun } = byHand(1);
  take(turns, 32);
  for (let at = 0; at < 11_000; at++) wait("flood");
  wait("honest");
  await next();
  expect(begun.filter((who) => who === "no flood")).toHaveLength(1_000);
  expect(begun.filter((who) => who === "flood")).toHaveLength(4);
  expect(begun).toContain("honest");
});

test("who takes little passes who takes much, which then has a part of each turn", async () => {
  const { turns, next, wait, pass, begun } = byHand(1);
  for (let at = 0; at < 100; at++) wait("greedy");
  for (let at = 0; at < 10; at++) await next();
  expect(begun).toHaveLength(50);
  expect(turns.free("greedy", 0)).toBe(false);
  expect(turns.free("modest", 0)).toBe(false);
  await next();
  expect(begun).toHaveLength(52);
  expect(turns.free("modest", 0)).toBe(true);
  expect(turns.breath("greedy")).toBeInstanceOf(Promise);
  expect(turns.breath("modest")).toBeUndefined();
  pass(3);
  wait("modest");
  await next();
  expect(begun.slice(52)).toEqual(["modest", "greedy", "greedy"]);
  // Nobody else is there any more.
  pass(300);
  await next();
  expect(begun).toHaveLength(60);
});

test("while somebody's request is being answered who takes much rests between his parts", async () => {
  const { turns, next, wait, pass, begun, rested, pending } = byHand(1);
  for (let at = 0; at < 100; at++) wait("greedy");
  for (let at = 0; at < 10; at++) await next();
  expect(turns.enter("greedy")()).toBeUndefined();
  turns.free("modest", 0);
  const answered = turns.enter("modest");
  await next();
  for (let at = 0; at < 5; at++) await next();
  expect(begun).toHaveLength(50);
  expect(pending()).toBe(0);
  pass(8);
  rested();
  for (let at = 0; at < 5; at++) await next();
  expect(begun).toHaveLength(52);
  answered();
  await next();
  await next();
  expect(begun.length).toBeGreaterThan(53);
});
