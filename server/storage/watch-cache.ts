/**
 * The watch cache's contract: every object of the store in memory, a ring of recent events, LIST and
 * WATCH served from it. Watchers pull: each holds a position and reads when it can, so a slow one
 * delays nobody. It falls back from the ring to the store's log, and answers Expired only below compaction.
 */
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Head, Key, Revision, Scope, Stored, Write, WriteResult } from "#storage/storage.ts";

/** A stored object with its encodings: made once a media type, shared by every reader. */
export interface Entry extends Stored {
  /** `form` names the encoding, e.g. "json", "protobuf", "metadata+json". */
  encoded(form: string, encode: (object: KubeObject) => Uint8Array): Uint8Array;
}

export interface CacheEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  /** DELETED: the last state, with the delete's revision as resourceVersion. */
  readonly entry: Entry;
  /** State before the event, for selector transitions. */
  readonly previous: Entry | undefined;
  readonly revision: Revision;
}

/** What a watcher looks at; `name` and `index` only narrow who is woken and what is read. */
export interface WatchScope extends Scope {
  readonly name?: string | undefined;
  /** A registered index (e.g. "spec.nodeName") and its value, matched against the new or the previous state. */
  readonly index?: { readonly name: string; readonly value: string } | undefined;
}

export interface Watcher {
  /**
   * Waits for events after the position; `revision`: everything at or below it was delivered, so it is an
   * exact bookmark. With `idleMs` it returns without events when nothing came in that time. Throws Expired.
   */
  next(
    idleMs?: number,
  ): Promise<{ readonly events: readonly CacheEvent[]; readonly revision: Revision }>;
  /** True: by close() or with the cache; next() then answers at once, without events, for ever. */
  readonly closed: boolean;
  close(): void;
}

export interface WatchCache {
  /** Everything at or below it is applied. */
  readonly revision: Revision;
  readonly compacted: Revision;
  get(key: Key): Entry | undefined;
  /** In the order of "namespace/name", at `revision`. The array never changes afterwards. */
  list(scope: WatchScope): { readonly revision: Revision; readonly entries: readonly Entry[] };
  /** The scope at exactly `revision` (continue tokens, resourceVersionMatch=Exact). Throws Expired. */
  listAt(scope: Scope, revision: Revision): Promise<readonly Entry[]>;
  /** Resolves when the cache holds everything acknowledged before the call: a consistent read. Coalesced. */
  fresh(): Promise<Revision>;
  /** False when `revision` was not reached within `timeoutMs`. */
  reached(revision: Revision, timeoutMs: number): Promise<boolean>;
  watch(scope: WatchScope, from: Revision): Watcher;
  /** The newest head that the tail has seen; see fresh() for one that is current. */
  head(): Head;
  /**
   * Storage.write; where the written revision follows the cache's, the cache holds it before this resolves.
   * Else the tail brings it, in order.
   */
  write(write: Write): Promise<WriteResult>;
  /** Ends the tail and every watcher; the storage stays open. */
  close(): Promise<void>;
}

/** A value of objects by which watchers are told apart, e.g. a pod's spec.nodeName. */
export interface Index {
  readonly group: string;
  readonly resource: string;
  readonly name: string;
  /** undefined: the object is in no class. */
  value(object: KubeObject): string | undefined;
}
