/**
 * What every Storage and the watch cache above it must do, run by tests/storage/ against each
 * implementation. It re-expresses upstream's storage suite (apiserver/pkg/storage/testing) in our terms.
 */
import { describe, expect, test } from "bun:test";
import { openWatchCache, type WatchCacheOptions } from "#storage/cache.ts";
import type { Key, Storage, Stored } from "#storage/storage.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { fallingBehind, reads, restores, watches } from "./storage-cache.ts";
import {
  cacheOptions,
  create,
  keyOf,
  names,
  nodeIndex,
  objectOf,
  pods,
  refused,
  remove,
  update,
  written,
} from "./storage-objects.ts";

export interface Deviation {
  readonly reason: string;
  readonly tests: readonly string[];
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
      size: 0,
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
    const ghost = { key, object: objectOf(key), createRevision: 1, revision: 1, size: 0 };
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
