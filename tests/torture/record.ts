/** What clients saw, beside their writes (which simulation/history.ts records): lists and watches, for the checks at the end. */
import type { Revision } from "#storage/storage.ts";
import { History } from "../simulation/history.ts";

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

export class Record extends History {
  readonly lists: ListRecord[] = [];
  readonly watches: WatchRecord[] = [];
  /** Answers that no client should ever get. */
  readonly internalErrors: string[] = [];
}
