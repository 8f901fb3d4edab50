/** Typed reads of the watch cache, for policy code that asks by kind. */
import { setImmediate } from "node:timers/promises";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import type { Scope } from "#storage/storage.ts";
import type { CacheEvent, Entry, WatchCache } from "#storage/watch-cache.ts";

/** What policy code may ask of the cache. */
export type ObjectReads = Pick<WatchCache, "get" | "list">;

/** The key's resource decides the object's type: the store never holds another kind under it. */
function typed<T extends KubeObject>(_ref: ResourceRef<T>, entry: Entry): T {
  return entry.object as T;
}

export function getObject<T extends KubeObject>(
  reads: ObjectReads,
  ref: ResourceRef<T>,
  { namespace = "", name }: { readonly namespace?: string; readonly name: string },
): T | undefined {
  const entry = reads.get({ group: ref.group, resource: ref.plural, namespace, name });
  return entry === undefined ? undefined : typed(ref, entry);
}

export function listObjects<T extends KubeObject>(
  reads: ObjectReads,
  ref: ResourceRef<T>,
  scope: Pick<Parameters<WatchCache["list"]>[0], "namespace" | "index"> = {},
): readonly T[] {
  const { entries } = reads.list({ group: ref.group, resource: ref.plural, ...scope });
  return entries.map((entry) => typed(ref, entry));
}

/** A view derived from one scope: built by `reset`, kept by `apply`. */
export interface View {
  reset(entries: readonly Entry[]): void;
  apply(event: CacheEvent): void;
}

/**
 * Keeps a view current. It is built before this returns; changes reach it as soon as the event loop
 * turns after the cache has applied them. Below compaction it is built anew.
 */
export function follow(
  cache: Pick<WatchCache, "list" | "watch">,
  scope: Scope,
  view: View,
): { close(): void } {
  const relist = () => {
    const { revision, entries } = cache.list(scope);
    view.reset(entries);
    return cache.watch(scope, revision);
  };
  let closed = false;
  let watcher = relist();
  const run = async (): Promise<void> => {
    while (!closed) {
      try {
        const { events } = await watcher.next();
        // By close(), or because the whole cache is.
        if (watcher.closed) return;
        for (const event of events) view.apply(event);
      } catch {
        watcher.close();
        // A turn of the event loop, so that a watcher that ends at once cannot hold it.
        await setImmediate();
        if (!closed) watcher = relist();
      }
    }
  };
  void run();
  return {
    close() {
      closed = true;
      watcher.close();
    },
  };
}
