/** The newest events of one resource, in order; the oldest leave when it is full. */
import { assert } from "#apimachinery/assert.ts";
import type { Revision } from "#storage/storage.ts";
import type { CacheEvent } from "#storage/watch-cache.ts";

export class EventRing {
  readonly #max: number;
  #events: CacheEvent[] = [];
  #start = 0;
  #floor: Revision;

  /** `floor`: the ring holds every event of the resource above it. */
  constructor(max: number, floor: Revision) {
    this.#max = max;
    this.#floor = floor;
  }

  get floor(): Revision {
    return this.#floor;
  }

  push(event: CacheEvent): void {
    const newest = this.#events.at(-1)?.revision ?? this.#floor;
    assert(event.revision > newest, "events of a ring ascend");
    this.#events.push(event);
    if (this.#events.length - this.#start > this.#max) this.#drop();
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

  #drop(): void {
    this.#floor = this.#events[this.#start]?.revision ?? this.#floor;
    this.#start += 1;
    if (this.#start < this.#max) return;
    // Shifting one by one would move the whole array each time; this moves each event once.
    this.#events = this.#events.slice(this.#start);
    this.#start = 0;
  }
}
