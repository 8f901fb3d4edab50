/** A storage whose objects nobody can change: they are shared by the cache, its watchers and every informer. */
import type { Change, Storage, Stored } from "#storage/storage.ts";

function frozen<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}

function frozenStored<T extends Stored | Change>(stored: T): T {
  frozen(stored.object);
  return stored;
}

export function frozenStorage(storage: Storage): Storage {
  return {
    ...storage,
    async write(write) {
      const result = await storage.write(write);
      if (result.outcome === "written") frozenStored(result.stored);
      return result;
    },
    async snapshot() {
      const snapshot = await storage.snapshot();
      return { ...snapshot, objects: snapshot.objects.map(frozenStored) };
    },
    changes: async (after, limit) => (await storage.changes(after, limit)).map(frozenStored),
  };
}
