/** What is simulated: the real modules, or a copy of them with one fault planted (mutants.ts). */
import type { openWatchCache } from "#storage/cache.ts";
import type { startCompaction } from "#storage/compaction.ts";
import type { DatabaseError } from "#storage/database.ts";
import type { openStorage } from "#storage/database-storage.ts";
import type { RevisionLog } from "#storage/memory/revision-log.ts";

export interface Implementation {
  readonly openStorage: typeof openStorage;
  readonly openWatchCache: typeof openWatchCache;
  readonly startCompaction: typeof startCompaction;
  readonly DatabaseError: typeof DatabaseError;
  readonly RevisionLog: typeof RevisionLog;
}

/** `root` is the folder that "#" stands for. */
export async function implementationIn(root: URL): Promise<Implementation> {
  const load = (path: string) => import(new URL(path, root).href);
  const [storage, cache, compaction, database, log] = await Promise.all([
    load("storage/database-storage.ts"),
    load("storage/cache.ts"),
    load("storage/compaction.ts"),
    load("storage/database.ts"),
    load("storage/memory/revision-log.ts"),
  ]);
  return {
    openStorage: storage.openStorage,
    openWatchCache: cache.openWatchCache,
    startCompaction: compaction.startCompaction,
    DatabaseError: database.DatabaseError,
    RevisionLog: log.RevisionLog,
  };
}

export const realRoot = new URL("../../server/", import.meta.url);
