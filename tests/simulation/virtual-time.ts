/**
 * The simulation's scheduler: everything that waits, for a message or for time, waits here, and one
 * seeded generator says what goes on next. The same seed gives the same run, step by step.
 */
import type { Timers } from "#storage/timers.ts";
import { mulberry32 } from "#tests/support/mulberry32.ts";

/** Chooses among steps. */
export class Random {
  /** In [0, 1). */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = mulberry32(seed);
  }

  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

export class VirtualTime implements Timers {
  readonly random: Random;
  readonly #steps: (() => void)[] = [];
  readonly #timers = new Set<Timer>();
  #now = 0;
  /** Steps taken: the clock of "before" and "after" in histories. */
  ticks = 0;

  constructor(random: Random) {
    this.random = random;
  }

  now(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  /** Nothing else has arrived: what may still come is a step of its own. */
  turn(): Promise<void> {
    return Promise.resolve();
  }

  /** Goes on when the scheduler picks it, among whatever else could happen. */
  step(): Promise<void> {
    return new Promise((resolve) => this.#steps.push(resolve));
  }

  /** Runs until `done`, or until nothing can happen, or for `ticksMax` steps; answers whether it was done. */
  async run(done: () => boolean, ticksMax: number): Promise<boolean> {
    for (let tick = 0; tick < ticksMax; tick++) {
      await settled();
      if (done()) return true;
      if (!this.#advance()) return false;
    }
    return done();
  }

  #advance(): boolean {
    this.ticks += 1;
    const toTimer = this.#steps.length === 0 || this.random.chance(0.1);
    const timer = toTimer ? this.#earliest() : undefined;
    if (timer !== undefined) {
      this.#timers.delete(timer);
      this.#now = Math.max(this.#now, timer.at);
      timer.run();
      return true;
    }
    if (this.#steps.length === 0) return false;
    const [step] = this.#steps.splice(this.random.below(this.#steps.length), 1);
    this.#now += 1;
    step?.();
    return true;
  }

  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.at < earliest.at) earliest = timer;
    }
    return earliest;
  }
}

/** After everything that can run without the scheduler has run. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
