/**
 * Keeps events readable, as upstream's EventCorrelator: the same event again raises the count of the first;
 * many that differ only in their message become one; an object that never stops is heard rarely.
 */
import { Recent } from "#apimachinery/recent.ts";
import type { Event, ObjectReference } from "#gen/api/core/v1.ts";
import type { Clock } from "./clock.ts";
import { tokenBucket } from "./workqueue.ts";

export interface Occurrence {
  readonly object: ObjectReference;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}

/** What to do with an occurrence: drop it, or write it under a key, as the count-th of its kind. */
export interface Correlated {
  readonly key: string;
  readonly message: string;
  readonly count: number;
  /** The event written before under this key. */
  readonly written: Event | undefined;
}

/** Upstream's figures: more than 10 similar ones within 10 minutes are combined. */
const similarMax = 10;
const similarWindowMilliseconds = 600_000;
/** 25 events at once per object, then one in five minutes. */
const spam = { burst: 25, perSecond: 1 / 300, refuse: true } as const;
/** Of each of the memories here; the least recently used goes. */
const rememberedMax = 4096;

interface Similar {
  readonly messages: Set<string>;
  lastAt: number;
}

interface Seen {
  count: number;
  written: Event | undefined;
}

export class EventCorrelator {
  readonly #clock: Clock;
  readonly #buckets = new Recent<() => number>(rememberedMax);
  readonly #similar = new Recent<Similar>(rememberedMax);
  readonly #seen = new Recent<Seen>(rememberedMax);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** undefined: the object has been too loud. */
  correlate({ object, type, reason, message }: Occurrence): Correlated | undefined {
    const source = [object.kind, object.namespace, object.name, object.uid].join("/");
    // One that is refused costs nothing, so that silence refills the bucket.
    const bucket = this.#buckets.obtain(source, () => tokenBucket(this.#clock, spam));
    if (bucket() > 0) return undefined;
    const group = [source, object.fieldPath, type, reason].join("/");
    const similar = this.#similar.obtain(group, () => ({ messages: new Set(), lastAt: 0 }));
    const now = this.#clock.now().getTime();
    if (now - similar.lastAt > similarWindowMilliseconds) similar.messages.clear();
    similar.lastAt = now;
    if (similar.messages.size <= similarMax) similar.messages.add(message);
    const combined = similar.messages.size > similarMax;
    const shown = combined ? `(combined from similar events): ${message}` : message;
    const key = combined ? group : `${group}/${message}`;
    const seen = this.#seen.obtain(key, () => ({ count: 0, written: undefined }));
    seen.count++;
    return { key, message: shown, count: seen.count, written: seen.written };
  }

  remember(key: string, event: Event): void {
    const seen = this.#seen.obtain(key, () => ({ count: 0, written: undefined }));
    seen.count = event.count ?? 1;
    seen.written = event;
  }
}
