/** One resource in memory: entries by namespace and name, registered indexes, the ring, its watchers. */

import { compareText, inKeyOrder } from "#storage/key.ts";
import type { Key, Revision } from "#storage/storage.ts";
import type { CacheEvent, Entry, Index, WatchScope } from "#storage/watch-cache.ts";
import { EventRing } from "./event-ring.ts";
import { SortedEntries } from "./sorted-entries.ts";
import { WatcherRegistry } from "./watcher-registry.ts";

const noEntries: readonly Entry[] = [];

export class Collection {
  readonly ring: EventRing;
  readonly watchers: WatcherRegistry;
  readonly #indexes: ReadonlyMap<string, ValueIndex>;
  readonly #namespaces = new Map<string, SortedEntries>();
  /** Every namespace's list joined; undefined: out of date. */
  #all: readonly Entry[] | undefined;

  constructor(indexes: readonly Index[], ringMax: number, floor: Revision) {
    this.ring = new EventRing(ringMax, floor);
    this.#indexes = new Map(indexes.map((index) => [index.name, new ValueIndex(index)]));
    this.watchers = new WatcherRegistry(indexes);
  }

  get({ namespace, name }: Key): Entry | undefined {
    return this.#namespaces.get(namespace)?.get(name);
  }

  /** Puts an entry in place without an event: first load. */
  load(entry: Entry): void {
    this.#set(entry.key, undefined, entry);
  }

  apply(event: CacheEvent): void {
    const { entry, previous } = event;
    this.#set(entry.key, previous, event.type === "DELETED" ? undefined : entry);
    this.ring.push(event);
    this.watchers.publish(event);
  }

  /** Nothing is in it, nobody waits for anything. */
  get idle(): boolean {
    return this.#namespaces.size === 0 && this.ring.empty && this.watchers.empty;
  }

  /** Of what happened no more than so much is held. */
  lighten(weight: number): void {
    this.ring.lighten(weight);
    this.watchers.forget(this.ring.floor);
  }

  /** What happened at or below the revision is let go. */
  forget(revision: Revision): void {
    this.ring.forget(revision);
    this.watchers.forget(this.ring.floor);
  }

  list({ namespace, name, index }: WatchScope): readonly Entry[] {
    if (index !== undefined) return this.#listIndexed(index, namespace, name);
    if (namespace === undefined && name === undefined) {
      this.#all ??= this.#joined();
      return this.#all;
    }
    if (namespace === undefined) return this.#joined().filter(({ key }) => key.name === name);
    const entries = this.#namespaces.get(namespace);
    if (entries === undefined) return noEntries;
    if (name === undefined) return entries.list();
    const entry = entries.get(name);
    return entry === undefined ? noEntries : [entry];
  }

  #listIndexed(
    { name: indexName, value }: NonNullable<WatchScope["index"]>,
    namespace: string | undefined,
    name: string | undefined,
  ): readonly Entry[] {
    const entries = this.#indexes.get(indexName)?.entries(value) ?? noEntries;
    const wanted = [...entries].filter(
      ({ key }) =>
        (namespace === undefined || key.namespace === namespace) &&
        (name === undefined || key.name === name),
    );
    return inKeyOrder(wanted);
  }

  #set(key: Key, previous: Entry | undefined, entry: Entry | undefined): void {
    this.#all = undefined;
    for (const index of this.#indexes.values()) index.replace(previous, entry);
    let entries = this.#namespaces.get(key.namespace);
    if (entries === undefined) {
      entries = new SortedEntries();
      this.#namespaces.set(key.namespace, entries);
    }
    if (entry !== undefined) entries.set(entry);
    else entries.delete(key.name);
    if (entries.size === 0) this.#namespaces.delete(key.namespace);
  }

  #joined(): readonly Entry[] {
    const only = this.#namespaces.size === 1 ? [...this.#namespaces.values()][0] : undefined;
    if (only !== undefined) return only.list();
    return [...this.#namespaces]
      .sort(([a], [b]) => compareText(`${a}/`, `${b}/`))
      .flatMap(([, entries]) => entries.list());
  }
}

class ValueIndex {
  readonly #index: Index;
  readonly #byValue = new Map<string, Set<Entry>>();

  constructor(index: Index) {
    this.#index = index;
  }

  entries(value: string): Iterable<Entry> {
    return this.#byValue.get(value) ?? noEntries;
  }

  replace(previous: Entry | undefined, entry: Entry | undefined): void {
    const left = previous && this.#index.value(previous.object);
    if (previous !== undefined && left !== undefined) {
      const entries = this.#byValue.get(left);
      entries?.delete(previous);
      if (entries?.size === 0) this.#byValue.delete(left);
    }
    const entered = entry && this.#index.value(entry.object);
    if (entry === undefined || entered === undefined) return;
    const entries = this.#byValue.get(entered);
    if (entries === undefined) this.#byValue.set(entered, new Set([entry]));
    else entries.add(entry);
  }
}
