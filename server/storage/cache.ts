/** The watch cache of one process: see watch-cache.ts for what it promises and cache/ for how. */

import type {
  Change,
  Head,
  Key,
  Revision,
  Scope,
  Storage,
  Write,
  WriteResult,
} from "#storage/storage.ts";
import { systemTimers, type Timers } from "#storage/timers.ts";
import type { Entry, Index, WatchCache, Watcher, WatchScope } from "#storage/watch-cache.ts";
import { type Logger, silent } from "#telemetry/log.ts";
import { CacheState } from "./cache/cache-state.ts";
import { PastLists } from "./cache/past-lists.ts";
import { RevisionWaiters } from "./cache/revision-waiters.ts";
import { Tail } from "./cache/tail.ts";
import { CacheWatcher } from "./cache/watcher.ts";
import { tooLarge, tooOld } from "./refusals.ts";

/** Events kept a resource: at 1 000 changes a second, eight seconds before a watcher reads the log. */
const defaultRingSize = 8_192;
/** How long a consistent read waits for the tail; upstream's waits 3 s. */
const freshWaitMs = 3_000;

export interface WatchCacheOptions {
  readonly indexes?: readonly Index[];
  /** Events a resource. */
  readonly ringSize?: number;
  readonly timers?: Timers;
  readonly logger?: Logger;
}

/** Loads everything and follows the log; resolves when the cache can serve. */
export async function openWatchCache(
  storage: Storage,
  options: WatchCacheOptions = {},
): Promise<WatchCache> {
  const cache = new Cache(storage, options, await storage.snapshot());
  cache.start();
  return cache;
}

class Cache implements WatchCache {
  readonly #storage: Storage;
  readonly #options: WatchCacheOptions;
  readonly #timers: Timers;
  readonly #tail: Tail;
  readonly #past: PastLists;
  readonly #waiters: RevisionWaiters;
  readonly #watchers = new Set<CacheWatcher>();
  /** Own writes that were answered before the changes ahead of them arrived. */
  readonly #ahead = new Map<Revision, Change>();
  /** Own writes that were answered while everything is read anew. */
  #whileReloading: Change[] | undefined;
  #state: CacheState;
  #head: Head;
  #running: Promise<void> = Promise.resolve();
  #unsubscribe: () => void = () => undefined;
  #asking: Promise<Head> | undefined;
  #askingNext: Promise<Head> | undefined;

  constructor(
    storage: Storage,
    options: WatchCacheOptions,
    snapshot: Awaited<ReturnType<Storage["snapshot"]>>,
  ) {
    this.#storage = storage;
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#past = new PastLists(storage);
    this.#waiters = new RevisionWaiters(this.#timers);
    this.#state = this.#stateOf(snapshot);
    this.#head = snapshot.head;
    const logger = options.logger ?? silent;
    this.#tail = new Tail({ storage, target: this, timers: this.#timers, logger });
  }

  start(): void {
    this.#unsubscribe = this.#storage.subscribe((head) => {
      // Own writes are here before their notice comes.
      if (head === undefined || head > this.#state.revision) this.#tail.wake();
    });
    this.#running = this.#tail.run();
  }

  get state(): CacheState {
    return this.#state;
  }

  get revision(): Revision {
    return this.#state.revision;
  }

  get compacted(): Revision {
    return this.#state.compacted;
  }

  head(): Head {
    return this.#head;
  }

  get(key: Key): Entry | undefined {
    return this.#state.collection(key).get(key);
  }

  list(scope: WatchScope): { readonly revision: Revision; readonly entries: readonly Entry[] } {
    const entries = this.#state.collection(scope).list(this.#known(scope));
    return { revision: this.#state.revision, entries };
  }

  listAt(scope: Scope, revision: Revision): Promise<readonly Entry[]> {
    return this.#past.list(this.#state, scope, revision);
  }

  async fresh(): Promise<Revision> {
    const head = await this.#currentHead();
    if (head.epoch !== this.#state.epoch || head.revision > this.#state.revision) this.#tail.wake();
    if (await this.reached(head.revision, freshWaitMs)) return this.#state.revision;
    throw tooLarge(head.revision, this.#state.revision);
  }

  async reached(revision: Revision, timeoutMs: number): Promise<boolean> {
    if (this.#state.revision >= revision) return true;
    return this.#waiters.wait(revision, timeoutMs);
  }

  watch(scope: WatchScope, from: Revision): Watcher {
    const watcher = new CacheWatcher({
      state: this.#state,
      storage: this.#storage,
      timers: this.#timers,
      scope: this.#known(scope),
      from,
      closed: (closed) => this.#watchers.delete(closed),
    });
    this.#watchers.add(watcher);
    if (from < this.#state.compacted) watcher.end(tooOld(from, this.#state.compacted));
    return watcher;
  }

  async write(write: Write): Promise<WriteResult> {
    const result = await this.#storage.write(write);
    if (result.outcome === "conflict") return result;
    const { stored } = result;
    if (stored.revision > this.#state.revision) {
      // The cache has the previous state of its own, at exactly the revision before.
      const change: Change = { ...stored, op: write.op, previous: undefined };
      this.#ahead.set(stored.revision, change);
      this.#whileReloading?.push(change);
      this.#catchUp();
      if (this.#ahead.size > 0) this.#tail.wake();
    }
    return result;
  }

  async close(): Promise<void> {
    this.#unsubscribe();
    this.#tail.close();
    for (const watcher of this.#watchers) watcher.end("closed");
    await this.#running;
  }

  advance(change: Change): void {
    this.#state.apply(change);
    this.#ahead.delete(change.revision);
    this.#catchUp();
  }

  saw(head: Head): void {
    this.#head = head;
    if (head.compacted > this.#state.compacted) this.#past.forget(head.compacted);
    this.#state.compact(head.compacted);
  }

  async reload(): Promise<void> {
    const kept: Change[] = [];
    this.#whileReloading = kept;
    const snapshot = await this.#storage.snapshot().finally(() => {
      this.#whileReloading = undefined;
    });
    this.#state = this.#stateOf(snapshot);
    this.#head = snapshot.head;
    this.#past.clear();
    // What was answered meanwhile may be newer than the snapshot: a cache does not go back.
    for (const change of kept) this.#ahead.set(change.revision, change);
    for (const revision of this.#ahead.keys()) {
      if (revision <= this.#state.revision) this.#ahead.delete(revision);
    }
    for (const watcher of this.#watchers) {
      // A new epoch begins beyond every revision of the old one, compacted: old positions end here.
      const { compacted } = this.#state;
      if (watcher.position < compacted) watcher.end(tooOld(watcher.position, compacted));
      else watcher.move(this.#state);
    }
    this.#catchUp();
  }

  #catchUp(): void {
    for (;;) {
      const change = this.#ahead.get(this.#state.revision + 1);
      if (change === undefined) break;
      this.#ahead.delete(change.revision);
      this.#state.apply(change);
    }
    this.#waiters.reached(this.#state.revision);
  }

  #stateOf(snapshot: Awaited<ReturnType<Storage["snapshot"]>>): CacheState {
    const { indexes = [], ringSize = defaultRingSize } = this.#options;
    return new CacheState(snapshot, indexes, ringSize);
  }

  /** An index only narrows: one that is not registered is as good as none. */
  #known(scope: WatchScope): WatchScope {
    const { index } = scope;
    if (index === undefined) return scope;
    const indexes = this.#state.indexesOf(scope);
    return indexes.some(({ name }) => name === index.name) ? scope : { ...scope, index: undefined };
  }

  /** A read of the head that began after the call; those who wait share the next one. */
  #currentHead(): Promise<Head> {
    if (this.#asking === undefined) return this.#ask();
    this.#askingNext ??= this.#asking.then(
      () => this.#ask(),
      () => this.#ask(),
    );
    return this.#askingNext;
  }

  #ask(): Promise<Head> {
    this.#askingNext = undefined;
    const asking = this.#storage.head().finally(() => {
      if (this.#asking === asking) this.#asking = undefined;
    });
    this.#asking = asking;
    return asking;
  }
}
