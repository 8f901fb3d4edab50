/** How new the cache must be before a read: upstream's rules of resourceVersion. */

import { tooLarge } from "#storage/refusals.ts";
import type { Revision } from "#storage/storage.ts";
import type { WatchCache } from "#storage/watch-cache.ts";

/** Upstream's blockTimeout: how long a read waits for a revision the cache has not seen. */
const waitMs = 3_000;

/** Resolves when the cache may answer. Throws Timeout with cause ResourceVersionTooLarge. */
export async function atLeast(
  cache: WatchCache,
  resourceVersion: string,
  revision: Revision,
): Promise<void> {
  if (resourceVersion === "") {
    await cache.fresh();
    return;
  }
  if (revision <= cache.revision) return;
  if (!(await cache.reached(revision, waitMs))) throw tooLarge(revision, cache.revision);
}
