import { isReason } from "#apimachinery/status.ts";
import type { WatchCacheOptions } from "#storage/cache.ts";
import type { Key, Stored, Write, WriteResult } from "#storage/storage.ts";
import type { CacheEvent, Watcher } from "#storage/watch-cache.ts";

export const pods = { group: "", resource: "pods" };

export function keyOf(name: string, namespace = "default", resource = "pods"): Key {
  return { group: "", resource, namespace, name };
}

export function objectOf({ namespace, name }: Key, node?: string) {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace, labels: { app: 'web "quoted" \\ \u0001 ü 🐘' } },
    spec: { nodeName: node },
  };
}

export function create(key: Key, node?: string): Write {
  return { op: "create", key, object: objectOf(key, node) };
}

export function update({ key, revision }: Stored, node?: string): Write {
  return { op: "update", key, expected: revision, object: objectOf(key, node) };
}

export function remove({ key, revision, object }: Stored): Write {
  return { op: "delete", key, expected: revision, object };
}

export function written(result: WriteResult): Stored {
  if (result.outcome !== "written") throw new Error("the write lost");
  return result.stored;
}

export const nodeIndex = {
  ...pods,
  name: "spec.nodeName",
  value: (object: object) => {
    const spec = "spec" in object ? object.spec : undefined;
    if (typeof spec !== "object" || spec === null || !("nodeName" in spec)) return undefined;
    return typeof spec.nodeName === "string" ? spec.nodeName : undefined;
  },
};

export const cacheOptions: WatchCacheOptions = { indexes: [nodeIndex] };

/** What a watcher delivers until it has delivered everything up to `revision`. */
export async function until(watcher: Watcher, revision: number): Promise<readonly CacheEvent[]> {
  const events: CacheEvent[] = [];
  for (;;) {
    const batch = await watcher.next(20);
    events.push(...batch.events);
    if (batch.revision >= revision) return events;
  }
}

export function shortly(events: readonly CacheEvent[]): readonly string[] {
  return events.map(({ type, entry, revision }) => `${type} ${entry.key.name} ${revision}`);
}

export const names = (stored: readonly Stored[]) =>
  stored.map(({ key }) => `${key.namespace}/${key.name}`);

export async function refused(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
  } catch (error) {
    if (isReason(error, "Expired")) return "Expired";
    if (isReason(error, "Timeout")) return "Timeout";
    throw error;
  }
  return "answered";
}
