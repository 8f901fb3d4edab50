/** The newest events of one resource, in order; the oldest leave when it is full, too heavy or too old. */
import { assert } from "#apimachinery/assert.ts";
import type { Revision } from "#storage/storage.ts";
import type { CacheEvent } from "#storage/watch-cache.ts";

export class EventRing {
  readonly #max: number;
  #events: CacheEvent[] = [];
  #start = 0;
  #floor: Revision;
  #weight = 0;

  /** `floor`: the ring holds every event of the resource above it. */
  constructor(max: number, floor: Revision) {
    this.#max = max;
    this.#floor = floor;
  }

  get floor(): Revision {
    return this.#floor;
  }

  /** Characters of JSON that its events hold. */
  get weight(): number {
    return this.#weight;
  }

  get empty(): boolean {
    return this.#start === this.#events.length;
  }

  push(event: CacheEvent): void {
    const newest = this.#events.at(-1)?.revision ?? this.#floor;
    assert(event.revision > newest, "events of a ring ascend");
    this.#events.push(event);
    this.#weight += weightOf(event);
    const oldest = this.#events[this.#start];
    if (oldest === undefined || this.#events.length - this.#start <= this.#max) return;
    this.#drop(oldest);
    if (this.#start >= this.#max) this.#shift();
  }

  /** Those above `revision`, which is not below the floor. */
  after(revision: Revision): readonly CacheEvent[] {
    assert(revision >= this.#floor, "a ring is not read below its floor");
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const event = this.#events[middle];
      if (event !== undefined && event.revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  /** Lets the oldest go until no more than so much is held. */
  lighten(weight: number): void {
    this.#dropWhile(() => this.#weight > weight);
  }

  /** Lets those at or below the revision go. */
  forget(revision: Revision): void {
    this.#dropWhile((event) => event.revision <= revision);
  }

  #dropWhile(test: (oldest: CacheEvent) => boolean): void {
    for (;;) {
      const oldest = this.#events[this.#start];
      if (oldest === undefined || !test(oldest)) break;
      this.#drop(oldest);
    }
    this.#shift();
  }

  #drop(oldest: CacheEvent): void {
    this.#floor = oldest.revision;
    this.#weight -= weightOf(oldest);
    this.#start += 1;
  }

  /** Shifting one by one would move the whole array each time; this moves each event once. */
  #shift(): void {
    this.#events = this.#events.slice(this.#start);
    this.#start = 0;
  }
}

/** What went before is often another event's: it counts all the same, that event may have gone. */
function weightOf({ entry, previous }: CacheEvent): number {
  return entry.size + (previous?.size ?? 0);
}
