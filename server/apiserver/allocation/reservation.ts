/**
 * Names that at most one owner holds, over all servers: an object a name, made by a compare-and-swap
 * create. The cache only narrows the choice; the store decides.
 */
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Key, Stored } from "#storage/storage.ts";
import type { WatchCache } from "#storage/watch-cache.ts";

export type ReservationStore = Pick<WatchCache, "get" | "list" | "write">;

/** True: it is ours now. False: somebody holds it. */
export async function reserve(
  store: ReservationStore,
  key: Key,
  object: KubeObject,
): Promise<boolean> {
  const result = await store.write({ op: "create", key, object });
  return result.outcome === "written";
}

/** Whatever stands under the key goes; nothing there is fine too. */
export async function release(store: ReservationStore, key: Key): Promise<void> {
  let present: Stored | undefined = store.get(key);
  while (present !== undefined) {
    const { revision: expected, object } = present;
    const result = await store.write({
      op: "delete",
      key,
      expected,
      object: structuredClone(object),
    });
    if (result.outcome === "written") return;
    present = result.current;
  }
}
