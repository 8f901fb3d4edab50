/** Lists at revisions gone by: undone from the ring, else asked of the store; the last few are kept for the next page. */

import { inKeyOrder, inScope, orderText } from "#storage/key.ts";
import { tooLarge } from "#storage/refusals.ts";
import type { Revision, Scope, Storage } from "#storage/storage.ts";
import type { Entry } from "#storage/watch-cache.ts";
import type { CacheState } from "./cache-state.ts";
import { CachedEntry } from "./entry.ts";

/** Paged lists under way at once that find their next page without work. Arrays of pointers. */
const keptMax = 16;

export class PastLists {
  readonly #storage: Storage;
  readonly #kept = new Map<string, Promise<readonly Entry[]>>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  list(state: CacheState, scope: Scope, revision: Revision): Promise<readonly Entry[]> {
    const id = `${revision}/${scope.group}/${scope.resource}/${scope.namespace ?? "*"}`;
    const known = this.#kept.get(id);
    if (known !== undefined) return known;
    const made = this.#make(state, scope, revision);
    this.#kept.set(id, made);
    // A refusal is not worth keeping: the next request may find the store in a better state.
    made.catch(() => this.#kept.delete(id));
    if (this.#kept.size > keptMax) this.#kept.delete([...this.#kept.keys()][0] ?? "");
    return made;
  }

  clear(): void {
    this.#kept.clear();
  }

  /** Lists at revisions below are refused, so they are held for nobody. */
  forget(compacted: Revision): void {
    for (const id of this.#kept.keys()) {
      if (Number.parseInt(id, 10) < compacted) this.#kept.delete(id);
    }
  }

  async #make(state: CacheState, scope: Scope, revision: Revision): Promise<readonly Entry[]> {
    if (revision > state.revision) throw tooLarge(revision, state.revision);
    const collection = state.collection(scope);
    if (revision < collection.ring.floor) {
      const stored = await this.#storage.listAt(scope, revision);
      return stored.map((item) => new CachedEntry(item));
    }
    const now = collection.list(scope);
    const later = collection.ring.after(revision).filter(({ entry }) => inScope(scope, entry.key));
    return later.length === 0 ? now : undone(now, later);
  }
}

function undone(
  now: readonly Entry[],
  later: ReturnType<CacheStateRing["after"]>,
): readonly Entry[] {
  const state = new Map(now.map((entry) => [orderText(entry.key), entry]));
  for (const { entry, previous } of later.toReversed()) {
    if (previous === undefined) state.delete(orderText(entry.key));
    else state.set(orderText(entry.key), previous);
  }
  return inKeyOrder(state.values());
}

type CacheStateRing = ReturnType<CacheState["collection"]>["ring"];
