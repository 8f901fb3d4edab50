/** Those who wait until the cache holds a revision. */
import type { Revision } from "#storage/storage.ts";
import type { Timers } from "#storage/timers.ts";

interface Waiter {
  readonly revision: Revision;
  readonly settle: (reached: boolean) => void;
}

export class RevisionWaiters {
  readonly #timers: Timers;
  readonly #waiters = new Set<Waiter>();

  constructor(timers: Timers) {
    this.#timers = timers;
  }

  wait(revision: Revision, timeoutMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        revision,
        settle: (reached) => {
          this.#waiters.delete(waiter);
          cancel();
          resolve(reached);
        },
      };
      const cancel = this.#timers.after(timeoutMs, () => waiter.settle(false));
      this.#waiters.add(waiter);
    });
  }

  reached(revision: Revision): void {
    for (const waiter of this.#waiters) {
      if (waiter.revision <= revision) waiter.settle(true);
    }
  }
}
