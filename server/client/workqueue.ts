/**
 * Keys to work on, as client-go's queue: a key waits at most once, is never worked on by two workers at a
 * time, and one that is added while in work comes back when the work is done.
 *
 *   add ──> waiting ──get──> in work ──done──> gone
 *              ▲                │ added meanwhile
 *              └────────────────┘
 */
import type { Clock } from "./clock.ts";

export interface RateLimiter {
  /** Milliseconds until the key may be tried again; counts as one more failure. */
  delay(key: string): number;
  forget(key: string): void;
  failures(key: string): number;
}

/** client-go's default: 5 ms doubled up to 1000 s for a key, and 10 retries a second (burst 100) for all. */
export function defaultRateLimiter(clock: Clock): RateLimiter {
  const failures = new Map<string, number>();
  const bucket = tokenBucket(clock, { perSecond: 10, burst: 100 });
  return {
    delay(key) {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const exponential = Math.min(5 * 2 ** count, 1_000_000);
      return Math.max(exponential, bucket());
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
  };
}

export interface BucketOptions {
  readonly perSecond: number;
  readonly burst: number;
  /** True: whoever must wait is sent away and takes nothing; false: has reserved the next token. */
  readonly refuse?: boolean;
}

/** Milliseconds to wait for the next token; 0: it is taken. */
export function tokenBucket(clock: Clock, options: BucketOptions): () => number {
  const { perSecond, burst, refuse = false } = options;
  let tokens = burst;
  let at = clock.monotonic();
  return () => {
    const now = clock.monotonic();
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond);
    at = now;
    if (refuse && tokens < 1) return ((1 - tokens) / perSecond) * 1000;
    tokens -= 1;
    return tokens >= 0 ? 0 : (-tokens / perSecond) * 1000;
  };
}

export interface Workqueue {
  add(key: string): void;
  /** An earlier appointment for the same key wins. */
  addAfter(key: string, milliseconds: number): void;
  /** After a failure: each one makes the key wait longer, until forget. */
  addRateLimited(key: string): void;
  forget(key: string): void;
  failures(key: string): number;
  /** Waits for a key; undefined: the queue is shut down. Every key must be handed back with done. */
  get(): Promise<string | undefined>;
  done(key: string): void;
  shutDown(): void;
  /** Keys waiting now (not delayed, not in work). */
  readonly depth: number;
}

export function createWorkqueue(clock: Clock, limiter = defaultRateLimiter(clock)): Workqueue {
  return new KeyQueue(clock, limiter);
}

interface Appointment {
  readonly at: number;
  readonly cancel: () => void;
}

class KeyQueue implements Workqueue {
  readonly #clock: Clock;
  readonly #limiter: RateLimiter;
  /** Insertion order is the order of work. */
  readonly #waiting = new Set<string>();
  readonly #inWork = new Set<string>();
  readonly #again = new Set<string>();
  readonly #appointments = new Map<string, Appointment>();
  readonly #idle: ((key: string | undefined) => void)[] = [];
  #closed = false;

  constructor(clock: Clock, limiter: RateLimiter) {
    this.#clock = clock;
    this.#limiter = limiter;
  }

  get depth(): number {
    return this.#waiting.size;
  }

  add(key: string): void {
    if (this.#closed) return;
    if (this.#inWork.has(key)) {
      this.#again.add(key);
      return;
    }
    const worker = this.#idle.shift();
    if (worker === undefined) {
      this.#waiting.add(key);
      return;
    }
    this.#inWork.add(key);
    worker(key);
  }

  addAfter(key: string, milliseconds: number): void {
    if (this.#closed) return;
    if (milliseconds <= 0) {
      this.add(key);
      return;
    }
    const at = this.#clock.monotonic() + milliseconds;
    const earlier = this.#appointments.get(key);
    if (earlier !== undefined && earlier.at <= at) return;
    earlier?.cancel();
    const cancel = this.#clock.after(milliseconds, () => {
      this.#appointments.delete(key);
      this.add(key);
    });
    this.#appointments.set(key, { at, cancel });
  }

  addRateLimited(key: string): void {
    this.addAfter(key, this.#limiter.delay(key));
  }

  forget(key: string): void {
    this.#limiter.forget(key);
  }

  failures(key: string): number {
    return this.#limiter.failures(key);
  }

  get(): Promise<string | undefined> {
    for (const key of this.#waiting) {
      this.#waiting.delete(key);
      this.#inWork.add(key);
      return Promise.resolve(key);
    }
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  done(key: string): void {
    this.#inWork.delete(key);
    if (this.#again.delete(key)) this.add(key);
  }

  shutDown(): void {
    this.#closed = true;
    for (const { cancel } of this.#appointments.values()) cancel();
    this.#appointments.clear();
    for (const worker of this.#idle.splice(0)) worker(undefined);
  }
}
