/**
 * What every Storage and the watch cache above it must do, run by tests/storage/ against each
 * implementation. It re-expresses upstream's storage suite (apiserver/pkg/storage/testing) in our terms.
 */
import { describe, expect, test } from "bun:test";
import { isReason } from "#apimachinery/status.ts";
import { openWatchCache, type WatchCacheOptions } from "#storage/cache.ts";
import type { Key, Storage, Stored, Write, WriteResult } from "#storage/storage.ts";
import type { CacheEvent, WatchCache, Watcher, WatchScope } from "#storage/watch-cache.ts";

export interface Deviation {
  readonly reason: string;
  readonly tests: readonly string[];
}

export const pods = { group: "", resource: "pods" };

export function keyOf(name: string, namespace = "default", resource = "pods"): Key {
  return { group: "", resource, namespace, name };
}

export function objectOf({ namespace, name }: Key, node?: string) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app: 'web "quoted" \\ \u0001 ü 🐘' } },
    spec: { nodeName: node },
  };
}

export function create(key: Key, node?: string): Write {
  return { op: "create", key, object: objectOf(key, node) };
}

export function update({ key, revision }: Stored, node?: string): Write {
  return { op: "update", key, expected: revision, object: objectOf(key, node) };
}

export function remove({ key, revision, object }: Stored): Write {
  return { op: "delete", key, expected: revision, object };
}

export function written(result: WriteResult): Stored {
  if (result.outcome !== "written") throw new Error("the write lost");
  return result.stored;
}

const nodeIndex = {
  ...pods,
  name: "spec.nodeName",
  value: (object: object) => {
    const spec = "spec" in object ? object.spec : undefined;
    if (typeof spec !== "object" || spec === null || !("nodeName" in spec)) return undefined;
    return typeof spec.nodeName === "string" ? spec.nodeName : undefined;
  },
};

export const cacheOptions: WatchCacheOptions = { indexes: [nodeIndex] };

/** What a watcher delivers until it has delivered everything up to `revision`. */
export async function until(watcher: Watcher, revision: number): Promise<readonly CacheEvent[]> {
  const events: CacheEvent[] = [];
  for (;;) {
    const batch = await watcher.next(20);
    events.push(...batch.events);
    if (batch.revision >= revision) return events;
  }
}

export function shortly(events: readonly CacheEvent[]): readonly string[] {
  return events.map(({ type, entry, revision }) => `${type} ${entry.key.name} ${revision}`);
}

const names = (stored: readonly Stored[]) =>
  stored.map(({ key }) => `${key.namespace}/${key.name}`);

async function refused(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (isReason(error, "Expired")) return "Expired";
    if (isReason(error, "Timeout")) return "Timeout";
    throw error;
  }
  return "answered";
}

/** `open` makes an empty store each time. */
export function storageSuite(
  name: string,
  open: () => Promise<Storage>,
  deviations: readonly Deviation[] = [],
): void {
  const skipped = new Map(
    deviations.flatMap(({ reason, tests }) => tests.map((of) => [of, reason])),
  );
  const check = (title: string, body: (storage: Storage) => Promise<void>) => {
    test.skipIf(skipped.has(title))(title, async () => {
      const storage = await open();
      try {
        await body(storage);
      } finally {
        await storage.close();
      }
    });
  };
  const checkCache = (
    title: string,
    body: (cache: WatchCache, storage: Storage) => Promise<void>,
    options: WatchCacheOptions = cacheOptions,
  ) =>
    check(title, async (storage) => {
      const cache = await openWatchCache(storage, options);
      try {
        await body(cache, storage);
      } finally {
        await cache.close();
      }
    });

  describe(`storage ${name}`, () => {
    writes(check);
    concurrency(check);
    history(check);
    reads(checkCache);
    watches(checkCache);
    fallingBehind(checkCache);
    restores(checkCache);
  });
}

type Check = (title: string, body: (storage: Storage) => Promise<void>) => void;
type CheckCache = (
  title: string,
  body: (cache: WatchCache, storage: Storage) => Promise<void>,
  options?: WatchCacheOptions,
) => void;

function writes(check: Check): void {
  check("an empty store has no revision, no object and epoch 1", async (storage) => {
    const { head, objects } = await storage.snapshot();
    expect(head).toEqual({ revision: 0, compacted: 0, epoch: 1 });
    expect(objects).toEqual([]);
    expect(await storage.changes(0, 10)).toEqual([]);
  });

  check("a created object comes back as it was, with its revision", async (storage) => {
    const key = keyOf("a");
    const stored = written(await storage.write(create(key)));
    expect(stored.revision).toBe(1);
    expect(stored.createRevision).toBe(1);
    expect(stored.object.metadata.resourceVersion).toBe("1");
    const { objects } = await storage.snapshot();
    expect(JSON.parse(JSON.stringify(objects))).toEqual(JSON.parse(JSON.stringify([stored])));
  });

  check("the writer's own object is not touched", async (storage) => {
    const write = create(keyOf("a"));
    await storage.write(write);
    expect(write.object.metadata.resourceVersion).toBeUndefined();
  });

  check("a second create of a name loses and sees the first", async (storage) => {
    const first = written(await storage.write(create(keyOf("a"))));
    const second = await storage.write(create(keyOf("a")));
    if (second.outcome !== "conflict") throw new Error("two creates won");
    expect(second.current?.revision).toBe(first.revision);
    expect(second.current?.object.metadata.resourceVersion).toBe("1");
    expect((await storage.head()).revision).toBe(1);
  });

  check("an update keeps the create revision and takes the next one", async (storage) => {
    const first = written(await storage.write(create(keyOf("a"))));
    await storage.write(create(keyOf("b")));
    const second = written(await storage.write(update(first, "n1")));
    expect([second.createRevision, second.revision]).toEqual([1, 3]);
  });

  check("an update of what was read before loses and sees what stands", async (storage) => {
    const first = written(await storage.write(create(keyOf("a"))));
    const second = written(await storage.write(update(first, "n1")));
    const late = await storage.write(update(first, "n2"));
    if (late.outcome !== "conflict") throw new Error("a stale update won");
    expect(late.current?.revision).toBe(second.revision);
    expect(JSON.stringify(late.current?.object)).toBe(JSON.stringify(second.object));
  });

  check("an update or a delete of nothing loses and sees nothing", async (storage) => {
    const ghost: Stored = {
      key: keyOf("a"),
      object: objectOf(keyOf("a")),
      createRevision: 1,
      revision: 1,
    };
    expect(await storage.write(update(ghost))).toEqual({ outcome: "conflict", current: undefined });
    expect(await storage.write(remove(ghost))).toEqual({ outcome: "conflict", current: undefined });
    const unborn = { ...ghost, revision: 0 };
    expect((await storage.write(update(unborn))).outcome).toBe("conflict");
    expect((await storage.head()).revision).toBe(0);
  });

  check("a delete takes a revision, and the name can be created anew", async (storage) => {
    const first = written(await storage.write(create(keyOf("a"))));
    const gone = written(await storage.write(remove(first)));
    expect(gone.object.metadata.resourceVersion).toBe("2");
    expect((await storage.snapshot()).objects).toEqual([]);
    const again = written(await storage.write(create(keyOf("a"))));
    expect([again.createRevision, again.revision]).toEqual([3, 3]);
  });

  check("keys are told apart by group, resource, namespace and name", async (storage) => {
    const keys: readonly Key[] = [
      { group: "", resource: "x", namespace: "n", name: "a" },
      { group: "g", resource: "x", namespace: "n", name: "a" },
      { group: "", resource: "y", namespace: "n", name: "a" },
      { group: "", resource: "x", namespace: "m", name: "a" },
      { group: "", resource: "x", namespace: "", name: "a" },
    ];
    for (const key of keys) expect((await storage.write(create(key))).outcome).toBe("written");
    expect((await storage.snapshot()).objects).toHaveLength(keys.length);
    const list = await storage.listAt({ group: "", resource: "x" }, keys.length);
    expect(names(list)).toEqual(["/a", "m/a", "n/a"]);
  });
}

function concurrency(check: Check): void {
  check("50 writers at once leave no gap and no double", async (storage) => {
    const rounds = 10;
    const revisions: number[] = [];
    const writer = async (id: number) => {
      let last = written(await storage.write(create(keyOf(`w${id}`))));
      revisions.push(last.revision);
      for (let round = 1; round < rounds; round++) {
        last = written(await storage.write(update(last, `n${round}`)));
        revisions.push(last.revision);
      }
    };
    await Promise.all(Array.from({ length: 50 }, (_, id) => writer(id)));
    const expected = Array.from({ length: 50 * rounds }, (_, at) => at + 1);
    expect(revisions.toSorted((a, b) => a - b)).toEqual(expected);
    const log = await storage.changes(0, 1_000);
    expect(log.map(({ revision }) => revision)).toEqual(expected);
  });

  check("of many updates of one revision one wins, and the others see it", async (storage) => {
    const first = written(await storage.write(create(keyOf("a"))));
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, id) => storage.write(update(first, `n${id}`))),
    );
    const won = results.filter(({ outcome }) => outcome === "written");
    expect(won).toHaveLength(1);
    for (const result of results) {
      if (result.outcome === "conflict") expect(result.current?.revision).toBe(2);
    }
    expect((await storage.head()).revision).toBe(2);
  });

  check("writes to one key queued together are made in order", async (storage) => {
    const key = keyOf("a");
    const first = storage.write(create(key));
    const ghost = { key, object: objectOf(key), createRevision: 1, revision: 1 };
    const second = storage.write(update(ghost, "n1"));
    const third = storage.write(create(key));
    expect(written(await first).revision).toBe(1);
    expect(written(await second).revision).toBe(2);
    expect((await third).outcome).toBe("conflict");
  });

  check("counters raised by compare-and-swap lose nothing", async (storage) => {
    let stored = written(await storage.write(create(keyOf("counter"), "0")));
    const raise = async () => {
      for (;;) {
        const value = Number(nodeIndex.value(stored.object));
        const result = await storage.write(update(stored, String(value + 1)));
        if (result.outcome === "written") {
          stored = result.stored;
          return;
        }
        if (result.current !== undefined) stored = result.current;
      }
    };
    await Promise.all(Array.from({ length: 15 }, raise));
    const { objects } = await storage.snapshot();
    expect(objects.map(({ object }) => nodeIndex.value(object))).toEqual(["15"]);
  });
}

function history(check: Check): void {
  const story = async (storage: Storage) => {
    const a = written(await storage.write(create(keyOf("a")))); // 1
    const b = written(await storage.write(create(keyOf("b", "other")))); // 2
    const a2 = written(await storage.write(update(a, "n1"))); // 3
    await storage.write(create(keyOf("c", "default", "secrets"))); // 4
    await storage.write(remove(a2)); // 5
    await storage.write(update(b, "n2")); // 6
  };

  check("the log tells each change with what stood before", async (storage) => {
    await story(storage);
    const log = await storage.changes(0, 10);
    expect(log.map(({ op, key, previous }) => [op, key.name, previous?.revision])).toEqual([
      ["create", "a", undefined],
      ["create", "b", undefined],
      ["update", "a", 1],
      ["create", "c", undefined],
      ["delete", "a", 3],
      ["update", "b", 2],
    ]);
    expect(log[4]?.object.metadata.resourceVersion).toBe("5");
    expect(log[4]?.previous?.object.metadata.resourceVersion).toBe("3");
    expect(log.map(({ createRevision }) => createRevision)).toEqual([1, 2, 1, 4, 1, 2]);
  });

  check("the log is read in pages", async (storage) => {
    await story(storage);
    const page = await storage.changes(2, 3);
    expect(page.map(({ revision }) => revision)).toEqual([3, 4, 5]);
    expect(await storage.changes(6, 3)).toEqual([]);
  });

  check("a list at each revision is what stood then", async (storage) => {
    await story(storage);
    const lists = await Promise.all([1, 2, 3, 4, 5, 6].map((at) => storage.listAt(pods, at)));
    expect(lists.map((list) => list.map(({ key, revision }) => `${key.name}${revision}`))).toEqual([
      ["a1"],
      ["a1", "b2"],
      ["a3", "b2"],
      ["a3", "b2"],
      ["b2"],
      ["b6"],
    ]);
    expect(names(await storage.listAt({ ...pods, namespace: "other" }, 3))).toEqual(["other/b"]);
    expect(await refused(storage.listAt(pods, 7))).toBe("Timeout");
  });

  check("lists come in the order of namespace/name as bytes", async (storage) => {
    const keys = [keyOf("a", "ab"), keyOf("b", "a"), keyOf("a", "a-b"), keyOf("a", "a")];
    for (const key of keys) await storage.write(create(key));
    expect(names(await storage.listAt(pods, 4))).toEqual(["a-b/a", "a/a", "a/b", "ab/a"]);
  });

  check("what is compacted is Expired, what is above it stays", async (storage) => {
    await story(storage);
    await storage.compact(4);
    expect((await storage.head()).compacted).toBe(4);
    expect(await refused(storage.changes(3, 10))).toBe("Expired");
    expect((await storage.changes(4, 10)).map(({ revision }) => revision)).toEqual([5, 6]);
    expect(await refused(storage.listAt(pods, 3))).toBe("Expired");
    expect(names(await storage.listAt(pods, 4))).toEqual(["default/a", "other/b"]);
  });

  check("compaction neither goes back nor beyond the head", async (storage) => {
    await story(storage);
    await storage.compact(4);
    await storage.compact(2);
    expect((await storage.head()).compacted).toBe(4);
    await storage.compact(99);
    expect((await storage.head()).compacted).toBe(4);
    expect((await storage.snapshot()).objects).toHaveLength(2);
  });

  check("a raised epoch leaves revisions out and forgets the log", async (storage) => {
    await story(storage);
    const head = await storage.raiseEpoch({ epoch: 1, seen: 50 });
    expect(head.epoch).toBe(2);
    expect(head.revision).toBeGreaterThan(50);
    expect(head.compacted).toBe(head.revision);
    expect(await refused(storage.changes(6, 10))).toBe("Expired");
    expect(await storage.raiseEpoch({ epoch: 1, seen: 0 })).toEqual(head);
    expect((await storage.snapshot()).objects).toHaveLength(2);
  });
}

function reads(check: CheckCache): void {
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

function watches(check: CheckCache): void {
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

function fallingBehind(check: CheckCache): void {
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

function restores(check: CheckCache): void {
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
