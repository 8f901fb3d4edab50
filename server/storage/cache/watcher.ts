/**
 * One watch: a position in the total order, and where the next events come from. Caught up, a broad
 * watcher reads the ring and a narrow one its own queue; one that fell behind its queue reads the ring,
 * and behind the ring the log, page by page, until it has caught up. Nobody waits for it.
 *
 *            offer                     queue over its bound
 *   caught up ------> queue of events ----------------------> behind
 *       ^                                                       |
 *       +------------ ring, or log below the ring's floor <-----+
 */

import { assert } from "#apimachinery/assert.ts";
import type { ApiError } from "#apimachinery/status.ts";
import { inScope } from "#storage/key.ts";
import type { Revision, Storage } from "#storage/storage.ts";
import { sleep, type Timers } from "#storage/timers.ts";
import type { CacheEvent, Watcher, WatchScope } from "#storage/watch-cache.ts";
import type { CacheState } from "./cache-state.ts";
import { concerns, type Listener } from "./watcher-registry.ts";

/** Events kept for a narrow watcher that does not read; pointers only, the ring has the events too. */
const queueMax = 1_000;
/** Changes read from the log at once by a watcher that fell behind the ring. */
const pageMax = 500;
/**
 * Between two looks at a log that ends before what the cache has seen: a standby was promoted that lacks it.
 * The tail raises the epoch, and this watch ends with the old one.
 */
const lostMs = 100;

export interface Batch {
  readonly events: readonly CacheEvent[];
  readonly revision: Revision;
}

export interface WatcherParts {
  readonly state: CacheState;
  readonly storage: Storage;
  readonly timers: Timers;
  readonly scope: WatchScope;
  readonly from: Revision;
  readonly closed: (watcher: CacheWatcher) => void;
}

export class CacheWatcher implements Watcher, Listener {
  readonly #parts: WatcherParts;
  readonly #narrow: boolean;
  #state: CacheState;
  #leave: () => void;
  #position: Revision;
  /** undefined: broad, or behind. */
  #queue: CacheEvent[] | undefined;
  #wake: (() => void) | undefined;
  #ended: ApiError | "closed" | undefined;

  constructor(parts: WatcherParts) {
    this.#parts = parts;
    const { namespace, name, index } = parts.scope;
    this.#narrow = namespace !== undefined || name !== undefined || index !== undefined;
    this.#position = parts.from;
    this.#state = parts.state;
    this.#leave = parts.state.collection(parts.scope).watchers.add(parts.scope, this);
  }

  get position(): Revision {
    return this.#position;
  }

  get closed(): boolean {
    return this.#ended === "closed";
  }

  offer(event: CacheEvent): void {
    if (this.#queue !== undefined) this.#enqueue(this.#queue, event);
    this.#wake?.();
  }

  /** What it did not read by then is read from the log. */
  forget(revision: Revision): void {
    const oldest = this.#queue?.[0];
    if (oldest !== undefined && oldest.revision <= revision) this.#queue = undefined;
  }

  async next(idleMs?: number): Promise<Batch> {
    assert(this.#wake === undefined, "a watcher has one reader");
    for (;;) {
      if (this.#ended === "closed") return { events: [], revision: this.#position };
      if (this.#ended !== undefined) throw this.#ended;
      const batch = this.#behindRing() ? await this.#fromLog() : this.#fromMemory();
      if (batch.events.length > 0) return batch;
      if (this.#behindRing() || this.#ended !== undefined) continue;
      const idle = (await this.#news(idleMs)) === "idle";
      // The cache may have been read anew in the same turn, and this watch be behind its ring.
      if (idle && !this.#behindRing() && this.#ended === undefined) return this.#fromMemory();
    }
  }

  close(): void {
    this.end("closed");
  }

  /** The cache was read anew in the same epoch: the watch goes on from its position. */
  move(state: CacheState): void {
    this.#leave();
    this.#state = state;
    this.#queue = undefined;
    this.#leave = state.collection(this.#parts.scope).watchers.add(this.#parts.scope, this);
    this.#wake?.();
  }

  end(why: ApiError | "closed"): void {
    this.#ended ??= why;
    this.#leave();
    this.#queue = undefined;
    this.#parts.closed(this);
    this.#wake?.();
  }

  #enqueue(queue: CacheEvent[], event: CacheEvent): void {
    const { scope } = this.#parts;
    const state = this.#state;
    if (event.revision <= this.#position) return;
    if (!concerns(scope, state.indexesOf(scope), event)) return;
    queue.push(event);
    // It forgets the queue but not its position: the ring and the log still have everything.
    if (queue.length > queueMax) this.#queue = undefined;
  }

  #behindRing(): boolean {
    const { scope } = this.#parts;
    const state = this.#state;
    return (
      this.#ended === undefined &&
      this.#queue === undefined &&
      this.#position < state.collection(scope).ring.floor
    );
  }

  #fromMemory(): Batch {
    if (this.#ended !== undefined) return { events: [], revision: this.#position };
    const state = this.#state;
    const events = this.#queue ?? this.#fromRing();
    this.#position = Math.max(this.#position, state.revision);
    if (this.#narrow) this.#queue = [];
    return { events, revision: this.#position };
  }

  #fromRing(): readonly CacheEvent[] {
    const { scope } = this.#parts;
    const state = this.#state;
    const events = state.collection(scope).ring.after(this.#position);
    if (!this.#narrow) return events;
    const indexes = state.indexesOf(scope);
    return events.filter((event) => concerns(scope, indexes, event));
  }

  async #fromLog(): Promise<Batch> {
    const { storage, timers, scope } = this.#parts;
    const changes = await storage.changes(this.#position, pageMax);
    if (this.#ended !== undefined) return { events: [], revision: this.#position };
    if (changes.length === 0) {
      await sleep(timers, lostMs);
      return { events: [], revision: this.#position };
    }
    const state = this.#state;
    assert(changes[0]?.revision === this.#position + 1, "the log has no gap");
    const indexes = state.indexesOf(scope);
    const events = changes
      .filter(({ key }) => inScope(scope, key))
      .map((change) => state.eventOf(change))
      .filter((event) => concerns(scope, indexes, event));
    this.#position = changes.at(-1)?.revision ?? this.#position;
    return { events, revision: this.#position };
  }

  #news(idleMs: number | undefined): Promise<"news" | "idle"> {
    return new Promise((resolve) => {
      const settle = (what: "news" | "idle") => {
        this.#wake = undefined;
        cancel?.();
        resolve(what);
      };
      this.#wake = () => settle("news");
      const cancel =
        idleMs === undefined ? undefined : this.#parts.timers.after(idleMs, () => settle("idle"));
    });
  }
}
