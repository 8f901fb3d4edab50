import { expect, test } from "bun:test";
import type { Batch, BatchOutcome, Database } from "./database.ts";
import { openStorage } from "./database-storage.ts";
import type { Revision } from "./storage.ts";

const head = { revision: 100, compacted: 0, epoch: 1, batch: 0, promoted: false };
const key = { group: "", resource: "configmaps", namespace: "default", name: "a" };
const object = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } };

/** A storage whose database answers a commit when it is told to, and gives notices by hand. */
async function byHand() {
  const committing: ((outcome: BatchOutcome) => void)[] = [];
  let notice: (revision?: Revision) => void = () => undefined;
  const sent = Promise.withResolvers<void>();
  const database: Partial<Database> = {
    head: async () => head,
    subscribe(wake) {
      notice = wake;
      return () => undefined;
    },
    commit: (_: Batch) =>
      new Promise((resolve) => {
        committing.push(resolve);
        sent.resolve();
      }),
  };
  // Nothing else of it is asked for here.
  const storage = await openStorage(database as Database);
  const heard: (Revision | undefined)[] = [];
  storage.subscribe((revision) => heard.push(revision));
  const written = storage.write({ op: "create", key, object });
  await sent.promise;
  return {
    heard,
    notice: (revision?: Revision) => notice(revision),
    async answer(revision: Revision) {
      committing[0]?.({ head: revision, number: 1, created: [revision], losers: [] });
      await written;
    },
  };
}

test("the notice of an own batch, a moment before its answer, wakes nobody", async () => {
  const { heard, notice, answer } = await byHand();
  notice(101);
  await answer(101);
  expect(heard).toEqual([]);
});

test("a notice of another's batch that comes meanwhile wakes after the answer", async () => {
  const { heard, notice, answer } = await byHand();
  notice(103);
  expect(heard).toEqual([]);
  await answer(101);
  expect(heard).toEqual([103]);
});

test("another's batch before the own one wakes, whether its notice came or not", async () => {
  const { heard, answer } = await byHand();
  await answer(102);
  expect(heard).toEqual([102]);
});

test("what says that notices may have been missed wakes at once", async () => {
  const { heard, notice, answer } = await byHand();
  notice();
  expect(heard).toEqual([undefined]);
  await answer(101);
});
