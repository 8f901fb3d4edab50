/**
 * Few writers who write again as soon as they are answered fall into two groups, each waiting for the other's batch:
 * twice the batches, and a batch costs as much as a dozen writes. So a batch waits a moment for as many writers
 * as there were the last time. Where there are many, a batch is large anyway, and nobody waits.
 */
import type { Timers } from "./timers.ts";

/** Longer than a client needs to write again; a lone writer after a crowd waits so long, once. */
const gatherMs = 1;
/** Writers. The cost of a batch is spread thin by then. */
const defaultWritersMax = 16;

export class Gathering {
  readonly #timers: Timers;
  readonly #writersMax: number;
  #expected = 0;
  #enough: (() => void) | undefined;

  constructor(timers: Timers, writersMax = defaultWritersMax) {
    this.#timers = timers;
    this.#writersMax = writersMax;
  }

  /** So many were there when the last batch was answered: in it, or waiting for the next one. */
  saw(writers: number): void {
    this.#expected = this.isCrowd(writers) ? 0 : writers;
  }

  /** So many that a batch of them is large enough. */
  isCrowd(writers: number): boolean {
    return writers > this.#writersMax;
  }

  /** So many wait now. */
  waiting(writers: number): void {
    if (writers >= this.#expected) this.#enough?.();
  }

  /** undefined: as many as are expected wait already. */
  complete(writers: number): Promise<void> | undefined {
    if (writers >= this.#expected) return undefined;
    return new Promise((resolve) => {
      const settle = () => {
        this.#enough = undefined;
        cancel();
        resolve();
      };
      const cancel = this.#timers.after(gatherMs, settle);
      this.#enough = settle;
    });
  }
}
