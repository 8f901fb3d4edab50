/**
 * What the cache holds at one revision, and the only way it moves: one change, the next revision.
 * Everything here is synchronous, so a reader never sees half a change.
 */

import { assert } from "#apimachinery/assert.ts";
import { resourceText } from "#storage/key.ts";
import type { Change, Head, Revision, Stored } from "#storage/storage.ts";
import type { CacheEvent, Entry, Index } from "#storage/watch-cache.ts";
import { Collection } from "./collection.ts";
import { CachedEntry } from "./entry.ts";

const eventTypes = { create: "ADDED", update: "MODIFIED", delete: "DELETED" } as const;

export class CacheState {
  readonly #collections = new Map<string, Collection>();
  readonly #indexes: ReadonlyMap<string, readonly Index[]>;
  readonly #ringMax: number;
  readonly #floor: Revision;
  readonly epoch: number;
  revision: Revision;
  compacted: Revision;

  constructor(
    { head, objects }: { readonly head: Head; readonly objects: readonly Stored[] },
    indexes: readonly Index[],
    ringMax: number,
  ) {
    this.#indexes = Map.groupBy(indexes, resourceText);
    this.#ringMax = ringMax;
    this.#floor = head.revision;
    this.epoch = head.epoch;
    this.revision = head.revision;
    this.compacted = head.compacted;
    for (const stored of objects) this.collection(stored.key).load(new CachedEntry(stored));
  }

  indexesOf(of: { group: string; resource: string }): readonly Index[] {
    return this.#indexes.get(resourceText(of)) ?? [];
  }

  /** A resource that has never had an object has its ring and its watchers all the same. */
  collection(of: { group: string; resource: string }): Collection {
    const id = resourceText(of);
    const known = this.#collections.get(id);
    if (known !== undefined) return known;
    const made = new Collection(this.#indexes.get(id) ?? [], this.#ringMax, this.#floor);
    this.#collections.set(id, made);
    return made;
  }

  apply(change: Change): void {
    assert(change.revision === this.revision + 1, "the tail has no gap and no double");
    const collection = this.collection(change.key);
    const previous = collection.get(change.key);
    assert((previous === undefined) === (change.op === "create"), "a create meets nothing");
    this.revision = change.revision;
    collection.apply({
      type: eventTypes[change.op],
      entry: new CachedEntry(change),
      previous,
      revision: change.revision,
    });
  }

  /** A change read back from the log, for those whom the ring no longer serves. */
  eventOf(change: Change): CacheEvent {
    const { previous } = change;
    return {
      type: eventTypes[change.op],
      entry: this.#entryOf(change),
      previous: previous === undefined ? undefined : this.#entryOf(previous),
      revision: change.revision,
    };
  }

  #entryOf(stored: Stored): Entry {
    const current = this.collection(stored.key).get(stored.key);
    return current?.revision === stored.revision ? current : new CachedEntry(stored);
  }
}
