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

/**
 * Characters of JSON that the events of all resources hold. A count alone bounds little: thousands of states of one
 * large object are gigabytes. Ordinary resources reach the count first.
 */
const eventsWeightMax = 64 * 1024 * 1024;

export class CacheState {
  readonly #collections = new Map<string, Collection>();
  readonly #indexes: ReadonlyMap<string, readonly Index[]>;
  readonly #ringMax: number;
  /** Of a collection that is made anew: nothing is known of what happened below. */
  #floor: Revision;
  #weight = 0;
  readonly epoch: number;
  revision: Revision;
  #compacted: Revision;

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
    this.#compacted = head.compacted;
    for (const stored of objects) this.collection(stored.key).load(new CachedEntry(stored));
  }

  get compacted(): Revision {
    return this.#compacted;
  }

  /** What is at or below it need not be remembered; resources that have gone with it are forgotten. */
  compact(revision: Revision): void {
    if (revision <= this.#compacted) return;
    this.#compacted = revision;
    for (const [id, collection] of this.#collections) {
      this.#weight -= collection.ring.weight;
      collection.forget(revision);
      this.#weight += collection.ring.weight;
      if (!collection.idle) continue;
      this.#collections.delete(id);
      this.#floor = Math.max(this.#floor, collection.ring.floor);
    }
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
    const before = collection.ring.weight;
    collection.apply({
      type: eventTypes[change.op],
      entry: new CachedEntry(change),
      previous,
      revision: change.revision,
    });
    this.#weight += collection.ring.weight - before;
    if (this.#weight > eventsWeightMax) this.#lighten();
  }

  /** The resource whose events hold most forgets the older half: all at once, since finding it looks at each. */
  #lighten(): void {
    const [heaviest] = [...this.#collections.values()].sort(
      (one, other) => other.ring.weight - one.ring.weight,
    );
    if (heaviest === undefined) return;
    const before = heaviest.ring.weight;
    heaviest.lighten(before / 2);
    this.#weight -= before - heaviest.ring.weight;
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
