/**
 * What the store asks of a database, as few and as dumb calls as can be: everything that can go wrong
 * between them is decided above, in group-commit.ts, which the simulation runs over a database of its own.
 */
import type { Change, Head, Key, Revision, Scope, Stored } from "#storage/storage.ts";

export interface BatchWrite {
  readonly op: "create" | "update" | "delete";
  readonly key: Key;
  /** 0: nothing may stand there. */
  readonly expected: Revision;
  /** The object as JSON, without its resourceVersion. */
  readonly text: string;
}

/** No key twice. Sent again with the same id it is not made again: the first outcome is answered. */
export interface Batch {
  readonly id: string;
  readonly epoch: number;
  /** A batch number known to be committed: bounds where the id must be looked for. */
  readonly after: number;
  /** The highest revision seen: a head below it is a database that lost writes. */
  readonly seen: Revision;
  readonly writes: readonly BatchWrite[];
}

export interface BatchOutcome {
  /** After the batch: its k successful writes have the revisions head-k+1 … head, in order. */
  readonly head: Revision;
  readonly number: number;
  /** A write's create revision, 0 where it lost. */
  readonly created: readonly Revision[];
  /** What stands where a write lost, in order of the losers. */
  readonly losers: readonly (Stored | undefined)[];
}

export interface DatabaseHead extends Head {
  readonly batch: number;
  /** A standby was promoted since the epoch began: it may lack the newest writes. */
  readonly promoted: boolean;
}

export interface Database {
  /** Throws DatabaseError. */
  commit(batch: Batch): Promise<BatchOutcome>;
  head(): Promise<DatabaseHead>;
  snapshot(): Promise<{ readonly head: DatabaseHead; readonly objects: readonly Stored[] }>;
  listAt(scope: Scope, revision: Revision): Promise<readonly Stored[]>;
  changes(after: Revision, limit: number): Promise<readonly Change[]>;
  subscribe(wake: (head?: Revision) => void): () => void;
  compact(revision: Revision): Promise<void>;
  raiseEpoch(from: { readonly epoch: number; readonly seen: Revision }): Promise<DatabaseHead>;
  close(): Promise<void>;
}

/**
 * unknown: the connection broke, the batch may be committed or yet to be. retry: certainly not written,
 * a little later it may be. behind: not written, `after` is too old a number. epoch: not written, the
 * epoch moved. lost: not written, the head is below `seen` or a standby was promoted. refused: not written, and never will be.
 */
export type Failure = "unknown" | "retry" | "behind" | "epoch" | "lost" | "refused";

export class DatabaseError extends Error {
  readonly failure: Failure;

  constructor(failure: Failure, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "DatabaseError";
    this.failure = failure;
  }
}
