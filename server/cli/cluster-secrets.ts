/**
 * What a cluster signs with, kept in its store under a key that the API does not serve, so that several
 * servers over one Postgres are one authority. The first to write it wins; everybody uses what stands there.
 */
import type { ClusterSecrets } from "#apiserver/bootstrap/cluster-pki.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Key } from "#storage/storage.ts";
import type { WatchCache } from "#storage/watch-cache.ts";

const key: Key = { group: "kubun.internal", resource: "pki", namespace: "", name: "cluster" };

interface Held extends KubeObject {
  readonly secrets: ClusterSecrets;
}

function isHeld(object: KubeObject): object is Held {
  return "secrets" in object;
}

export async function clusterSecrets(
  cache: Pick<WatchCache, "get" | "write">,
  create: () => Promise<ClusterSecrets>,
): Promise<ClusterSecrets> {
  const present = cache.get(key)?.object;
  if (present !== undefined && isHeld(present)) return present.secrets;
  const made: Held = {
    apiVersion: "kubun.internal/v1",
    kind: "ClusterSecrets",
    metadata: { name: key.name },
    secrets: await create(),
  };
  const result = await cache.write({ op: "create", key, object: made });
  const stands = result.outcome === "written" ? result.stored.object : result.current?.object;
  if (stands === undefined || !isHeld(stands))
    throw new Error("the cluster's secrets are unreadable");
  return stands.secrets;
}
