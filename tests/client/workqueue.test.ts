import { expect, test } from "bun:test";
import { createWorkqueue, tokenBucket, type Workqueue } from "#client/workqueue.ts";
import { FakeClock, settle } from "./fake-clock.ts";

const seen = async (queue: Workqueue): Promise<string[]> => {
  const keys: string[] = [];
  while (queue.depth > 0) keys.push((await queue.get()) ?? "");
  return keys;
};

test("a key waits at most once, in the order of its first add", async () => {
  const queue = createWorkqueue(new FakeClock());
  for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
  expect(await seen(queue)).toEqual(["a", "b", "c"]);
});

test("added while in work: it comes back when done, and only then", async () => {
  const queue = createWorkqueue(new FakeClock());
  queue.add("a");
  expect(await queue.get()).toBe("a");
  queue.add("a");
  queue.add("a");
  expect(queue.depth).toBe(0);
  queue.done("a");
  expect(await seen(queue)).toEqual(["a"]);
});

test("a worker that waits gets the next key; shut down, it gets none", async () => {
  const queue = createWorkqueue(new FakeClock());
  const first = queue.get();
  const second = queue.get();
  queue.add("a");
  expect(await first).toBe("a");
  queue.shutDown();
  expect(await second).toBeUndefined();
  queue.add("b");
  expect(queue.depth).toBe(0);
});

test("of two appointments for a key the earlier counts", async () => {
  const clock = new FakeClock();
  const queue = createWorkqueue(clock);
  queue.addAfter("a", 5000);
  queue.addAfter("a", 1000);
  queue.addAfter("a", 3000);
  await clock.advance(999);
  expect(queue.depth).toBe(0);
  await clock.advance(1);
  expect(await seen(queue)).toEqual(["a"]);
  queue.done("a");
  await clock.advance(10_000);
  expect(queue.depth).toBe(0);
});

test("failures wait 5 ms, doubled each time up to 1000 s, until forgotten", async () => {
  const clock = new FakeClock();
  const queue = createWorkqueue(clock);
  const wait = async (): Promise<number> => {
    const start = clock.now().getTime();
    queue.addRateLimited("a");
    for (let step = 0; queue.depth === 0 && step < 1000; step++) {
      await clock.advance(Math.max(1, 2 ** Math.floor(step / 40)));
    }
    expect(await seen(queue)).toEqual(["a"]);
    queue.done("a");
    return clock.now().getTime() - start;
  };
  expect(await wait()).toBe(5);
  expect(await wait()).toBe(10);
  expect(await wait()).toBe(20);
  expect(queue.failures("a")).toBe(3);
  queue.forget("a");
  expect(await wait()).toBe(5);
});

test("beyond a burst of 100 retries of all keys together wait for 10 a second", async () => {
  const clock = new FakeClock();
  const queue = createWorkqueue(clock);
  for (let index = 0; index < 120; index++) queue.addRateLimited(`k${index}`);
  await clock.advance(50);
  expect(queue.depth).toBe(100);
  await clock.advance(1000);
  expect(queue.depth).toBe(110);
  await clock.advance(1000);
  expect(queue.depth).toBe(120);
});

test("a bucket that refuses takes nothing from whoever is refused", async () => {
  const clock = new FakeClock();
  const bucket = tokenBucket(clock, { perSecond: 1, burst: 2, refuse: true });
  expect([bucket(), bucket()]).toEqual([0, 0]);
  for (let index = 0; index < 10; index++) expect(bucket()).toBe(1000);
  await clock.advance(1000);
  expect(bucket()).toBe(0);
  await settle();
});
