/** What a cluster signs with: several servers over one Postgres are one authority. */
import type { ClusterSecrets } from "#apiserver/bootstrap/cluster-pki.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { type Fact, held } from "./held.ts";

interface Held {
  readonly secrets: ClusterSecrets;
}

const fact: Fact<Held> = {
  resource: "pki",
  kind: "ClusterSecrets",
  isHeld: (object): object is KubeObject & Held => "secrets" in object,
};

export async function clusterSecrets(
  cache: Pick<WatchCache, "get" | "write">,
  create: () => Promise<ClusterSecrets>,
): Promise<ClusterSecrets> {
  return (await held(cache, fact, async () => ({ secrets: await create() }))).secrets;
}
