/**
 * Follows the store's log from the cache's revision, woken by the store and every 100 ms. A lost, late
 * or doubled wake costs latency only, since each look compares the head with what the cache holds.
 */

import { isReason } from "#apimachinery/status.ts";
import type { Change, Head, Revision, Storage } from "#storage/storage.ts";
import { sleep, type Timers } from "#storage/timers.ts";
import type { Logger } from "#telemetry/log.ts";
import type { CacheState } from "./cache-state.ts";

/** How stale a cache can be when every wake is lost. */
const pollMs = 100;
/** Changes read at once. */
const pageMax = 1_000;
/** Between two looks at a store that does not answer. */
const retryMs = 200;

export interface TailTarget {
  readonly state: CacheState;
  advance(change: Change): void;
  saw(head: Head): void;
  /** Reads everything anew. */
  reload(): Promise<void>;
}

export class Tail {
  readonly #storage: Storage;
  readonly #target: TailTarget;
  readonly #timers: Timers;
  readonly #logger: Logger;
  #closed = false;
  #news = false;
  #wake: (() => void) | undefined;

  constructor(parts: { storage: Storage; target: TailTarget; timers: Timers; logger: Logger }) {
    this.#storage = parts.storage;
    this.#target = parts.target;
    this.#timers = parts.timers;
    this.#logger = parts.logger;
  }

  wake(): void {
    this.#news = true;
    this.#wake?.();
  }

  close(): void {
    this.#closed = true;
    this.wake();
  }

  /** Runs until closed. A store out of reach is waited for; what the log says is never guessed. */
  async run(): Promise<void> {
    while (!this.#closed) {
      this.#news = false;
      const looked = await this.#look();
      if (this.#closed) return;
      if (!looked) await sleep(this.#timers, retryMs);
      else if (!this.#news) await this.#wait();
    }
  }

  async #look(): Promise<boolean> {
    try {
      await this.#follow();
      return true;
    } catch (error) {
      if (!this.#closed)
        this.#logger.warn("the tail of the store failed", { error: String(error) });
      return false;
    }
  }

  async #follow(): Promise<void> {
    const { state } = this.#target;
    const head = await this.#storage.head();
    if (this.#closed) return;
    if (head.epoch !== state.epoch) return this.#target.reload();
    // Own writes may have moved the cache past a head that was read before them; behind it can only be a
    // head that was asked for before, so ask again before believing that the store lost writes.
    if (head.revision < state.revision) return this.#suspect();
    this.#target.saw(head);
    while (state.revision < head.revision && !this.#closed) {
      const changes = await this.#unlessCompacted(state.revision);
      if (changes === undefined) return this.#target.reload();
      if (this.#closed || state !== this.#target.state) return;
      if (!this.#applied(changes)) return this.#target.reload();
    }
  }

  /** undefined: this process slept or was cut off for so long that the log was compacted before it. */
  async #unlessCompacted(revision: Revision): Promise<readonly Change[] | undefined> {
    try {
      return await this.#storage.changes(revision, pageMax);
    } catch (error) {
      if (isReason(error, "Expired")) return undefined;
      throw error;
    }
  }

  /** False: the log contradicts the cache, which is a bug. Reading everything anew is safe, and loud. */
  #applied(changes: readonly Change[]): boolean {
    try {
      for (const change of changes) {
        if (change.revision > this.#target.state.revision) this.#target.advance(change);
      }
      return true;
    } catch (error) {
      this.#logger.error("the log contradicts the cache: reloading", { error: String(error) });
      return false;
    }
  }

  async #suspect(): Promise<void> {
    const { state } = this.#target;
    const { epoch, revision: seen } = state;
    const head = await this.#storage.head();
    if (this.#closed || head.epoch !== epoch || head.revision >= seen) return;
    this.#logger.error("the store went back in time: raising its epoch", { head, seen });
    await this.#storage.raiseEpoch({ epoch, seen });
    await this.#target.reload();
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        this.#wake = undefined;
        cancel();
        resolve();
      };
      const cancel = this.#timers.after(pollMs, settle);
      this.#wake = settle;
    });
  }
}
