/** What is answered while a cache reads everything anew. */
import { expect, test } from "bun:test";
import { openWatchCache } from "#storage/cache.ts";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import { tooOld } from "#storage/refusals.ts";
import { create, keyOf, pods, until } from "../suites/storage-objects.ts";

test("a cache does not go back to a snapshot older than its own writes", async () => {
  const storage = openMemoryStorage();
  const asked = Promise.withResolvers<void>();
  const travelled = Promise.withResolvers<void>();
  const answered = Promise.withResolvers<void>();
  // Until then the log does not mend what the snapshot broke.
  const checked = Promise.withResolvers<void>();
  let loaded = false;
  const cache = await openWatchCache({
    ...storage,
    // The reply to a write is late: the tail sees it first, and finds the log compacted.
    write: async (write) => {
      const result = await storage.write(write);
      if (write.key.name === "late") await answered.promise;
      return result;
    },
    changes: async (after, limit) => {
      if (!loaded) throw tooOld(after, 1);
      await checked.promise;
      return storage.changes(after, limit);
    },
    snapshot: async () => {
      const snapshot = await storage.snapshot();
      if (snapshot.head.revision === 0) return snapshot;
      loaded = true;
      asked.resolve();
      await travelled.promise;
      return snapshot;
    },
  });
  const watcher = cache.watch({ ...pods, namespace: "default" }, 0);

  const late = cache.write(create(keyOf("late")));
  await asked.promise;
  answered.resolve();
  await late;
  await cache.write(create(keyOf("next")));
  expect(cache.revision).toBe(2);
  travelled.resolve();
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(cache.revision).toBe(2);
  expect(cache.get(keyOf("next"))?.revision).toBe(2);
  checked.resolve();
  expect((await until(watcher, 2)).map(({ revision }) => revision)).toEqual([1, 2]);
  await cache.close();
  await storage.close();
});
