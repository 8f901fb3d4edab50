/** The part of the storage suite that reads and watches through the cache. */
import { expect } from "bun:test";
import { isReason } from "#apimachinery/status.ts";
import { openWatchCache, type WatchCacheOptions } from "#storage/cache.ts";
import type { Storage, WriteResult } from "#storage/storage.ts";
import type { WatchCache, WatchScope } from "#storage/watch-cache.ts";
import {
  cacheOptions,
  create,
  keyOf,
  names,
  pods,
  refused,
  remove,
  shortly,
  until,
  update,
  written,
} from "./storage-objects.ts";

type CheckCache = (
  title: string,
  body: (cache: WatchCache, storage: Storage) => Promise<void>,
  options?: WatchCacheOptions,
) => void;

export function reads(check: CheckCache): void {
  check("the cache holds an own write when its reply comes", async (cache) => {
    const stored = written(await cache.write(create(keyOf("a"))));
    expect(cache.revision).toBe(1);
    expect(cache.get(keyOf("a"))?.object).toBe(stored.object);
    await cache.write(remove(stored));
    expect(cache.get(keyOf("a"))).toBeUndefined();
    expect(cache.list(pods)).toEqual({ revision: 2, entries: [] });
  });

  check("a fresh read sees what others wrote", async (cache, storage) => {
    const other = await openWatchCache(storage, cacheOptions);
    await cache.write(create(keyOf("a")));
    expect(await other.fresh()).toBe(1);
    expect(other.get(keyOf("a"))?.revision).toBe(1);
    await other.close();
  });

  check("the cache lists by namespace, name and index, sorted", async (cache) => {
    for (const [name, namespace, node] of [
      ["c", "x", "n1"],
      ["a", "x", "n2"],
      ["b", "y", "n1"],
      ["b", "x", "n1"],
    ] as const) {
      await cache.write(create(keyOf(name, namespace), node));
    }
    const listed = (scope: object) => names(cache.list({ ...pods, ...scope }).entries);
    expect(listed({})).toEqual(["x/a", "x/b", "x/c", "y/b"]);
    expect(listed({ namespace: "x" })).toEqual(["x/a", "x/b", "x/c"]);
    expect(listed({ namespace: "x", name: "b" })).toEqual(["x/b"]);
    expect(listed({ name: "b" })).toEqual(["x/b", "y/b"]);
    const index = { name: "spec.nodeName", value: "n1" };
    expect(listed({ index })).toEqual(["x/b", "x/c", "y/b"]);
    expect(listed({ index, namespace: "y" })).toEqual(["y/b"]);
    expect(listed({ index: { name: "no such index", value: "n1" } })).toHaveLength(4);
  });

  check("a list does not change after it was handed out", async (cache) => {
    const a = written(await cache.write(create(keyOf("a"))));
    const { entries } = cache.list({ ...pods, namespace: "default" });
    await cache.write(update(a, "n1"));
    await cache.write(create(keyOf("b")));
    expect(entries.map(({ revision }) => revision)).toEqual([1]);
    expect(cache.list(pods).entries.map(({ revision }) => revision)).toEqual([2, 3]);
  });

  check("an encoding is made once", async (cache) => {
    await cache.write(create(keyOf("a")));
    const entry = cache.get(keyOf("a"));
    let made = 0;
    const encode = () => {
      made += 1;
      return new Uint8Array([made]);
    };
    expect(entry?.encoded("json", encode)).toBe(entry?.encoded("json", encode));
    expect(entry?.encoded("protobuf", encode)).toEqual(new Uint8Array([2]));
  });

  check("past lists come from memory and, further back, from the store", async (cache, storage) => {
    const a = written(await cache.write(create(keyOf("a"))));
    await cache.write(update(a, "n1"));
    const late = await openWatchCache(storage, cacheOptions);
    await cache.write(create(keyOf("b")));
    await late.fresh();
    for (const each of [cache, late]) {
      expect((await each.listAt(pods, 1)).map(({ revision }) => revision)).toEqual([1]);
      expect((await each.listAt(pods, 2)).map(({ revision }) => revision)).toEqual([2]);
      expect(names(await each.listAt(pods, 3))).toEqual(["default/a", "default/b"]);
    }
    expect(await refused(cache.listAt(pods, 99))).toBe("Timeout");
    await late.close();
  });

  check("reached() tells whether a revision came in time", async (cache) => {
    expect(await cache.reached(1, 1)).toBe(false);
    const coming = cache.reached(1, 10_000);
    await cache.write(create(keyOf("a")));
    expect(await coming).toBe(true);
  });
}

export function watches(check: CheckCache): void {
  check("a watch from a revision starts right behind it", async (cache) => {
    const a = written(await cache.write(create(keyOf("a"))));
    const a2 = written(await cache.write(update(a, "n1")));
    await cache.write(remove(a2));
    const from = async (revision: number) => shortly(await until(cache.watch(pods, revision), 3));
    expect(await from(0)).toEqual(["ADDED a 1", "MODIFIED a 2", "DELETED a 3"]);
    expect(await from(1)).toEqual(["MODIFIED a 2", "DELETED a 3"]);
    expect(await from(3)).toEqual([]);
  });

  check("an event carries the states before and after", async (cache) => {
    const a = written(await cache.write(create(keyOf("a"), "n1")));
    await cache.write(remove(a));
    const events = await until(cache.watch(pods, 0), 2);
    expect(events.map(({ previous }) => previous?.revision)).toEqual([undefined, 1]);
    expect(events[1]?.entry.object.metadata.resourceVersion).toBe("2");
    expect(events[1]?.previous?.object.metadata.resourceVersion).toBe("1");
  });

  check("a watch waits for what comes", async (cache) => {
    const watcher = cache.watch(pods, 0);
    const coming = watcher.next();
    await cache.write(create(keyOf("a")));
    expect(shortly((await coming).events)).toEqual(["ADDED a 1"]);
  });

  check("a bookmark is exact even where nothing happens", async (cache) => {
    const idle = cache.watch({ ...pods, namespace: "quiet" }, 0);
    await cache.write(create(keyOf("a")));
    await cache.write(create(keyOf("s", "default", "secrets")));
    expect(await idle.next(1)).toEqual({ events: [], revision: 2 });
  });

  check("a watch sees its scope and nothing else", async (cache) => {
    const index = { name: "spec.nodeName", value: "n1" };
    const scopes: readonly WatchScope[] = [
      { ...pods, namespace: "x" },
      { ...pods, namespace: "x", name: "a" },
      { ...pods, name: "a" },
      { ...pods, index },
      { ...pods, index, namespace: "y" },
    ];
    const watchers = scopes.map((scope) => cache.watch(scope, 0));
    for (const watcher of watchers) await watcher.next(0);
    const a = written(await cache.write(create(keyOf("a", "x")))); // 1
    await cache.write(create(keyOf("a", "y"), "n1")); // 2
    await cache.write(create(keyOf("b", "x"), "n2")); // 3
    await cache.write(create(keyOf("a", "x", "secrets"))); // 4
    const a2 = written(await cache.write(update(a, "n1"))); // 5
    await cache.write(update(a2, "n2")); // 6: leaves n1, which must be told
    const live = await Promise.all(watchers.map((watcher) => until(watcher, 6)));
    const late = await Promise.all(scopes.map((scope) => until(cache.watch(scope, 0), 6)));
    const revisions = [[1, 3, 5, 6], [1, 5, 6], [1, 2, 5, 6], [2, 5, 6], [2]];
    for (const events of [live, late]) {
      expect(events.map((of) => of.map(({ revision }) => revision))).toEqual(revisions);
    }
  });

  check("a watch from the future starts there", async (cache) => {
    const watcher = cache.watch(pods, 1);
    await cache.write(create(keyOf("a")));
    await cache.write(create(keyOf("b")));
    expect(shortly(await until(watcher, 2))).toEqual(["ADDED b 2"]);
  });

  check("a closed watch ends its reader", async (cache) => {
    const watcher = cache.watch(pods, 0);
    const coming = watcher.next();
    watcher.close();
    expect((await coming).events).toEqual([]);
    expect(watcher.closed).toBe(true);
  });

  check("readers of one event share its entry", async (cache) => {
    const watchers = [cache.watch(pods, 0), cache.watch({ ...pods, namespace: "default" }, 0)];
    await cache.write(create(keyOf("a")));
    const [one, two] = await Promise.all(watchers.map((watcher) => watcher.next()));
    expect(one?.events[0]?.entry).toBe(cache.get(keyOf("a")));
    expect(two?.events[0]?.entry).toBe(cache.get(keyOf("a")));
  });

  check("a watch on another replica sees the same", async (cache, storage) => {
    const other = await openWatchCache(storage, cacheOptions);
    const watcher = other.watch(pods, 0);
    const writes = Array.from({ length: 30 }, (_, id) => keyOf(`p${id}`));
    await Promise.all(writes.map((key, at) => (at % 2 === 0 ? cache : other).write(create(key))));
    const events = await until(watcher, 30);
    expect(events.map(({ revision }) => revision)).toEqual(writes.map((_, at) => at + 1));
    await other.close();
  });
}

export function fallingBehind(check: CheckCache): void {
  const small: WatchCacheOptions = { ...cacheOptions, ringSize: 4 };

  check(
    "a watch behind the ring reads the log and catches up",
    async (cache) => {
      const scopes: readonly WatchScope[] = [pods, { ...pods, namespace: "default" }];
      const watchers = scopes.map((scope) => cache.watch(scope, 0));
      const expected: string[] = [];
      for (let id = 0; id < 20; id++) {
        await cache.write(create(keyOf(`p${id}`)));
        expected.push(`ADDED p${id} ${id + 1}`);
      }
      for (const watcher of watchers) expect(shortly(await until(watcher, 20))).toEqual(expected);
      await cache.write(create(keyOf("last")));
      for (const watcher of watchers) {
        expect(shortly(await until(watcher, 21))).toEqual(["ADDED last 21"]);
      }
    },
    small,
  );

  check("a narrow watch that does not read keeps nothing and loses nothing", async (cache) => {
    const watcher = cache.watch({ ...pods, namespace: "default" }, 0);
    await watcher.next(0);
    const count = 1_500;
    await Promise.all(
      Array.from({ length: count }, (_, id) => cache.write(create(keyOf(`p${id}`)))),
    );
    const events = await until(watcher, count);
    expect(events.map(({ revision }) => revision)).toEqual(
      Array.from({ length: count }, (_, at) => at + 1),
    );
  });

  check(
    "a watch below the compacted revision is Expired, one above it is not",
    async (cache, storage) => {
      const slow = cache.watch(pods, 0);
      for (let id = 0; id < 10; id++) await cache.write(create(keyOf(`p${id}`)));
      await storage.compact(5);
      expect(await refused(slow.next())).toBe("Expired");
      await cache.fresh();
      while (cache.compacted < 5) await cache.reached(99, 20);
      expect(await refused(cache.watch(pods, 4).next())).toBe("Expired");
      expect(await until(cache.watch(pods, 5), 10)).toHaveLength(5);
    },
    small,
  );
}

export function restores(check: CheckCache): void {
  check("a raised epoch expires every watch and reloads", async (cache, storage) => {
    await cache.write(create(keyOf("a")));
    const waiting = cache.watch(pods, 1);
    const answer = refused(waiting.next());
    const head = await storage.raiseEpoch({ epoch: 1, seen: 1 });
    expect(await answer).toBe("Expired");
    await cache.reached(head.revision, 5_000);
    expect(cache.head().epoch).toBe(2);
    expect(await refused(cache.watch(pods, 1).next())).toBe("Expired");
    expect(names(cache.list(pods).entries)).toEqual(["default/a"]);
    const again = await retried(() => cache.write(create(keyOf("b"))));
    expect(written(again).revision).toBe(head.revision + 1);
  });
}

/** A write that met the raised epoch is told to come again. */
async function retried(write: () => Promise<WriteResult>): Promise<WriteResult> {
  try {
    return await write();
  } catch (error) {
    if (!isReason(error, "ServerTimeout")) throw error;
    return write();
  }
}
