/** A Storage made of a database and a group commit. */

import type { Head, Revision, Storage } from "#storage/storage.ts";
import { systemTimers, type Timers } from "#storage/timers.ts";
import type { Database } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";

export interface StorageOptions {
  readonly timers?: Timers;
  readonly newBatchId?: () => string;
}

export async function openStorage(
  database: Database,
  options: StorageOptions = {},
): Promise<Storage> {
  const wakes = new Set<(head?: Revision) => void>();
  const wakeAll = (revision?: Revision) => {
    for (const wake of wakes) wake(revision);
  };
  const commits = new GroupCommit(
    {
      database,
      timers: options.timers ?? systemTimers,
      newBatchId: options.newBatchId ?? (() => crypto.randomUUID()),
      onRestored: () => wakeAll(),
    },
    await database.head(),
  );
  const unsubscribe = database.subscribe(wakeAll);

  async function head(): Promise<Head> {
    const read = await database.head();
    // A head below what is known is left to the reader: learning keeps the higher one.
    commits.learn(read);
    return { revision: read.revision, compacted: read.compacted, epoch: read.epoch };
  }

  return {
    write: (write) => commits.write(write),
    head,
    snapshot: () => database.snapshot(),
    listAt: (scope, revision) => database.listAt(scope, revision),
    changes: (after, limit) => database.changes(after, limit),
    subscribe(wake) {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
    compact: (revision) => database.compact(revision),
    raiseEpoch: (from) => database.raiseEpoch(from),
    async close() {
      await commits.close();
      unsubscribe();
      wakes.clear();
      await database.close();
    },
  };
}
