/** A store in memory with the start objects in it: what security tests ask their questions of. */

import type { AuthorizationAttributes, UserInfo } from "#apiserver/attributes.ts";
import { startObjects } from "#apiserver/bootstrap/start-objects.ts";
import { writeStartObjects } from "#apiserver/bootstrap/write-start-objects.ts";
import { pods } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { openWatchCache } from "#storage/cache.ts";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import type { WatchCache } from "#storage/watch-cache.ts";

/** Where services have their addresses: a range of each family, the first one the primary. */
export interface Network {
  readonly serviceCidrs: readonly string[];
  readonly kubernetesServiceIps: readonly string[];
}

export const network: Network = {
  serviceCidrs: ["10.96.0.0/16"],
  kubernetesServiceIps: ["10.96.0.1"],
};

let uids = 0;
export const newUid = (): string => `uid-${++uids}`;
export const stamp = { now: "2026-01-01T00:00:00Z", newUid };

function nodeNameOf(object: KubeObject): string | undefined {
  if (!("spec" in object) || typeof object.spec !== "object" || object.spec === null)
    return undefined;
  if (!("nodeName" in object.spec)) return undefined;
  return typeof object.spec.nodeName === "string" ? object.spec.nodeName : undefined;
}

export async function openEmptyCluster(): Promise<WatchCache> {
  return openWatchCache(openMemoryStorage(), {
    indexes: [{ group: "", resource: pods.plural, name: "spec.nodeName", value: nodeNameOf }],
  });
}

export const wantedObjects = (where = network) =>
  startObjects({ now: stamp.now, network: where, port: 6443, clientAuthority: "ca" });

export async function openCluster(where = network): Promise<WatchCache> {
  const cache = await openEmptyCluster();
  await writeStartObjects(cache, wantedObjects(where), stamp);
  return cache;
}

/** Creates or replaces one object, as if it had come through the API. */
export async function put<T extends KubeObject>(
  cache: WatchCache,
  ref: ResourceRef<T>,
  object: T,
): Promise<T> {
  const { namespace = "", name } = object.metadata;
  const key = { group: ref.group, resource: ref.plural, namespace, name };
  const own = structuredClone(object);
  own.metadata.uid ??= newUid();
  const present = cache.get(key);
  const write =
    present === undefined
      ? ({ op: "create", key, object: own } as const)
      : ({ op: "update", key, expected: present.revision, object: own } as const);
  const result = await cache.write(write);
  if (result.outcome !== "written") throw new Error(`${ref.plural} ${name} was not written`);
  await settled();
  return own;
}

/** Views follow the cache a turn of the event loop behind. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}

export function userNamed(name: string, ...groups: readonly string[]): UserInfo {
  return { name, uid: "", groups: [...groups, "system:authenticated"], extra: {} };
}

/** `get pods/log web in default`, `list apps/deployments in ns`, `get /metrics`. */
export function asked(user: UserInfo, text: string): AuthorizationAttributes {
  const [verb = "", what = "", ...rest] = text.split(" ");
  const isResourceRequest = !what.startsWith("/");
  const at = rest.indexOf("in");
  const [name = ""] = at === 0 ? [] : rest;
  const namespace = at < 0 ? "" : (rest[at + 1] ?? "");
  const [groupAndResource = "", subresource = ""] = what.split(":");
  const slash = groupAndResource.lastIndexOf("/");
  return {
    user,
    verb,
    isResourceRequest,
    path: isResourceRequest ? "" : what,
    group: slash < 0 ? "" : groupAndResource.slice(0, slash),
    version: "v1",
    resource: groupAndResource.slice(slash + 1),
    subresource,
    namespace,
    name,
  };
}
