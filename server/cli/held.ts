/**
 * Facts of a cluster that every server of it must share, kept in its store under keys that the API does not
 * serve. The first to write one wins; everybody uses what stands there.
 */
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Key } from "#storage/storage.ts";
import type { WatchCache } from "#storage/watch-cache.ts";

/** `resource` and `kind` name the fact; `isHeld` tells whether what stands there is one. */
export interface Fact<T extends object> {
  readonly resource: string;
  readonly kind: string;
  readonly isHeld: (object: KubeObject) => object is KubeObject & T;
}

export async function held<T extends object>(
  cache: Pick<WatchCache, "get" | "write">,
  { resource, kind, isHeld }: Fact<T>,
  create: () => T | Promise<T>,
): Promise<T> {
  const key: Key = { group: "kubun.internal", resource, namespace: "", name: "cluster" };
  const present = cache.get(key)?.object;
  if (present !== undefined && isHeld(present)) return present;
  const metadata = { name: key.name };
  const object = { apiVersion: "kubun.internal/v1", kind, metadata, ...(await create()) };
  const result = await cache.write({ op: "create", key, object });
  const stands = result.outcome === "written" ? result.stored.object : result.current?.object;
  if (stands === undefined || !isHeld(stands))
    throw new Error(`the cluster's ${kind} is unreadable`);
  return stands;
}
