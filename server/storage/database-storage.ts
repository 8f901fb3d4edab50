/** A Storage made of a database and a group commit. */

import type { Head, Revision, Storage } from "#storage/storage.ts";
import { systemTimers, type Timers } from "#storage/timers.ts";
import type { Database, DatabaseHead } from "./database.ts";
import { GroupCommit } from "./group-commit.ts";

export interface StorageOptions {
  readonly timers?: Timers;
  readonly newBatchId?: () => string;
  /** Writers: where more wait, none is waited for, and batches follow each other without a pause. */
  readonly crowd?: number;
}

export async function openStorage(
  database: Database,
  options: StorageOptions = {},
): Promise<Storage> {
  const wakes = new Set<(head?: Revision) => void>();
  const wakeAll = (revision?: Revision) => {
    for (const wake of wakes) wake(revision);
  };
  /**
   * The newest notice that came while a batch is under way: mostly that batch's own, a moment before its answer.
   * Who follows the log would ask for what is about to be known.
   */
  let withheld = 0;
  const commits = new GroupCommit(
    {
      database,
      timers: options.timers ?? systemTimers,
      newBatchId: options.newBatchId ?? (() => crypto.randomUUID()),
      crowd: options.crowd,
      onRestored: () => wakeAll(),
      onSettled: (others) => {
        const revision = withheld;
        withheld = 0;
        if (others || revision > commits.seen) wakeAll(Math.max(revision, commits.seen));
      },
    },
    await database.head(),
  );
  const unsubscribe = database.subscribe((revision) => {
    if (revision === undefined || !commits.busy) wakeAll(revision);
    else withheld = Math.max(withheld, revision);
  });

  /** A promoted standby is fenced by a new epoch before anything is believed that it says. */
  async function fenced(read: DatabaseHead): Promise<DatabaseHead> {
    if (!read.promoted) return read;
    const raised = await database.raiseEpoch({ epoch: read.epoch, seen: commits.seen });
    wakeAll();
    return raised;
  }

  async function head(): Promise<Head> {
    const read = await fenced(await database.head());
    // A head below what is known is left to the reader: learning keeps the higher one.
    commits.learn(read);
    return headOf(read);
  }

  async function snapshot(): ReturnType<Storage["snapshot"]> {
    for (;;) {
      const read = await database.snapshot();
      if (!read.head.promoted) return { head: headOf(read.head), objects: read.objects };
      await fenced(read.head);
    }
  }

  return {
    write: (write) => commits.write(write),
    head,
    snapshot,
    listAt: (scope, revision) => database.listAt(scope, revision),
    changes: (after, limit) => database.changes(after, limit),
    subscribe(wake) {
      wakes.add(wake);
      return () => wakes.delete(wake);
    },
    compact: (revision) => database.compact(revision),
    raiseEpoch: async (from) => headOf(await database.raiseEpoch(from)),
    async close() {
      await commits.close();
      unsubscribe();
      wakes.clear();
      await database.close();
    },
  };
}

function headOf({ revision, compacted, epoch }: DatabaseHead): Head {
  return { revision, compacted, epoch };
}
