/** What clients saw, beside their writes (which simulation/history.ts records): lists and watches, for the checks at the end. */
import type { Revision } from "#storage/storage.ts";
import { type Assertion, History } from "../simulation/history.ts";

/** One object as a client was shown it: `name@resourceVersion mark`. */
export type Shown = string;

export interface ListRecord {
  readonly mode: "newest" | "any" | "not older" | "exact" | "paged";
  readonly selected: boolean;
  /** Asked for: 0 where the mode has none. */
  readonly asked: Revision;
  readonly started: number;
  readonly revision: Revision;
  readonly items: readonly Shown[];
}

export type WatchStep =
  /** The state that a list, or the initial events of a watch, gave. */
  | { readonly step: "state"; readonly revision: Revision; readonly items: readonly Shown[] }
  | { readonly step: "opened"; readonly from: Revision; readonly server: string }
  | {
      readonly step: "event";
      readonly type: string;
      readonly revision: Revision;
      readonly shown: Shown;
    }
  | { readonly step: "bookmark"; readonly revision: Revision }
  /** 410 at a position. `compacted` is what was compacted at most by then. */
  | {
      readonly step: "expired";
      readonly from: Revision;
      readonly compacted: Revision;
      readonly epoch: number;
    };

export interface WatchRecord {
  readonly name: string;
  readonly selected: boolean;
  readonly steps: WatchStep[];
}

/** Resident memory of one server process. */
export interface MemoryRecord {
  readonly server: string;
  readonly pid: number;
  /** Bytes, while it works: what a process of its kind needs. */
  readonly working: number[];
  /** Bytes, once everything has come to rest; undefined: it was killed before. */
  rest?: number;
}

export class Record extends History {
  readonly memory: MemoryRecord[] = [];
  /** How often each assertion was looked at: one that never was proves nothing. */
  readonly checked = new Map<Assertion, number>();
  readonly lists: ListRecord[] = [];
  readonly watches: WatchRecord[] = [];
  /** Answers that no client should ever get. */
  readonly internalErrors: string[] = [];

  looked(assertion: Assertion, count = 1): void {
    this.checked.set(assertion, (this.checked.get(assertion) ?? 0) + count);
  }

  override same(
    assertion: Assertion,
    what: string,
    found: readonly string[],
    expected: readonly string[],
  ): void {
    this.looked(assertion, Math.max(1, expected.length));
    super.same(assertion, what, found, expected);
  }
}
