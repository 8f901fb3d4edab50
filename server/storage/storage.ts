/**
 * The store's port: keys, revisions and objects, no kinds. Two implementations (postgres/, memory/)
 * pass one suite, tests/suites/storage.ts. See reference design: one total order, gap-free.
 */
import type { KubeObject } from "#gen/api/meta/v1.ts";

/**
 * Position in the one total order of writes. A number, since 2^53 revisions outlast any cluster
 * (at 40 000 writes/s: 7 000 years) and numbers are what the hot path compares.
 */
export type Revision = number;

export interface Key {
  readonly group: string;
  /** Plural, as in the URL. */
  readonly resource: string;
  /** "" for cluster scope. */
  readonly namespace: string;
  readonly name: string;
}

/** An object as it stands at `revision`; `object.metadata.resourceVersion` is that revision. Never mutated. */
export interface Stored {
  readonly key: Key;
  readonly object: KubeObject;
  readonly createRevision: Revision;
  readonly revision: Revision;
  /** Characters of its JSON, for whoever bounds what he holds; 0 where the store has no text of it. */
  readonly size: number;
}

/**
 * One compare-and-swap. The store copies `object` and its metadata to set resourceVersion and keeps the
 * rest by reference: it must not change afterwards. A delete carries the object's last state.
 * `expected` is the revision that the writer read.
 */
export type Write =
  | { readonly op: "create"; readonly key: Key; readonly object: KubeObject }
  | {
      readonly op: "update";
      readonly key: Key;
      readonly expected: Revision;
      readonly object: KubeObject;
    }
  | {
      readonly op: "delete";
      readonly key: Key;
      readonly expected: Revision;
      readonly object: KubeObject;
    };

export type WriteResult =
  | { readonly outcome: "written"; readonly stored: Stored }
  /** The precondition did not hold; `current` is what stands there now (undefined: nothing). */
  | { readonly outcome: "conflict"; readonly current: Stored | undefined };

/** One row of the log. `previous` is the object before the change (undefined for a create). */
export interface Change {
  readonly revision: Revision;
  readonly op: "create" | "update" | "delete";
  readonly key: Key;
  readonly object: KubeObject;
  readonly previous: Stored | undefined;
  readonly createRevision: Revision;
  /** As of Stored. */
  readonly size: number;
}

export interface Head {
  readonly revision: Revision;
  /** Changes at or below it are gone: reading them answers Expired. */
  readonly compacted: Revision;
  /** Raised by a restore or a lossy failover: every watch relists. */
  readonly epoch: number;
}

export interface Scope {
  readonly group: string;
  readonly resource: string;
  /** undefined: every namespace. */
  readonly namespace?: string | undefined;
}

export interface Storage {
  /** Group-committed. Throws ApiError Timeout when the outcome could not be learnt, never a guess. */
  write(write: Write): Promise<WriteResult>;
  /** The newest head, read from the store: every write acknowledged before the call is at or below it. */
  head(): Promise<Head>;
  /** Everything at one revision, for a cache's first load. */
  snapshot(): Promise<{ readonly head: Head; readonly objects: readonly Stored[] }>;
  /** The scope's objects as they stood at `revision`, in the order of "namespace/name". Throws Expired. */
  listAt(scope: Scope, revision: Revision): Promise<readonly Stored[]>;
  /** At most `limit` changes after `after`, in order, without a gap. Throws Expired. */
  changes(after: Revision, limit: number): Promise<readonly Change[]>;
  /**
   * `wake` is called when there may be news, with the head's revision where it is known; calls may be lost,
   * late or doubled. Returns the unsubscriber.
   */
  subscribe(wake: (head?: Revision) => void): () => void;
  /** Forgets changes at or below `revision`; a lower one than before changes nothing. */
  compact(revision: Revision): Promise<void>;
  /**
   * After a restore or a failover that lost writes: raises the epoch and moves the head past `seen`, so
   * that no revision is ever given twice and every watch relists. Does nothing when `epoch` is not current.
   */
  raiseEpoch(from: { readonly epoch: number; readonly seen: Revision }): Promise<Head>;
  close(): Promise<void>;
}
