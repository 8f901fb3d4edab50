/** The store in memory: for tests, trials and benchmarks of what lies above. Nothing outlives the process. */

import type { Revision, Storage } from "#storage/storage.ts";
import { RevisionLog } from "./revision-log.ts";

export function openMemoryStorage(): Storage {
  const log = new RevisionLog();
  const subscribers = new Set<(head?: Revision) => void>();
  const wakeAll = () => {
    for (const wake of subscribers) wake(log.head.revision);
  };
  return {
    write: async (write) => {
      const result = log.write(write);
      if (result.outcome === "written") wakeAll();
      return result;
    },
    head: async () => log.head,
    snapshot: async () => log.snapshot(),
    listAt: async (scope, revision) => log.listAt(scope, revision),
    changes: async (after, limit) => log.changes(after, limit),
    subscribe(wake) {
      subscribers.add(wake);
      return () => subscribers.delete(wake);
    },
    compact: async (revision) => {
      log.compact(revision);
    },
    raiseEpoch: async (from) => {
      const head = log.raiseEpoch(from);
      wakeAll();
      return head;
    },
    close: async () => subscribers.clear(),
  };
}
