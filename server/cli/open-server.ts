/** The API server with everything it stands on: authentication, authorization, admission, start objects. */
import { randomUUID } from "node:crypto";
import process from "node:process";
import type { KeyPair } from "#apimachinery/pki.ts";
import { type App, createApp } from "#apiserver/app.ts";
import { bootstrapCluster } from "#apiserver/bootstrap/bootstrap-cluster.ts";
import type { ClusterSecrets } from "#apiserver/bootstrap/cluster-pki.ts";
import { runEndpoints } from "#apiserver/bootstrap/kubernetes-endpoints.ts";
import { openNodeConnections } from "#apiserver/node-connections.ts";
import { openSecurity } from "#apiserver/security.ts";
import { registry } from "#resources/registry.ts";
import type { Index, WatchCache } from "#storage/watch-cache.ts";
import type { Logger } from "#telemetry/log.ts";
import { kubernetesVersion } from "#telemetry/version.ts";

export interface ServerParts {
  readonly cache: WatchCache;
  readonly secrets: ClusterSecrets;
  /** What the API server shows to nodes when it asks for logs; undefined: it asks none. */
  readonly kubeletClient?: KeyPair | undefined;
  readonly serviceCidr: string;
  /** The first address of the service range. */
  readonly kubernetesServiceIp: string;
  /** That the kubernetes Service leads to. */
  readonly port: number;
  /** Where pods and nodes reach this server; undefined: the kubernetes Service has no endpoints. */
  readonly advertiseAddress?: string | undefined;
  readonly logger: Logger;
}

export interface OpenServer {
  readonly app: App;
  close(): Promise<void>;
}

/** Which fields of which resource the watch cache indexes watchers by. */
export const watchIndexes: readonly Index[] = registry.flatMap((resource) =>
  (resource.indexedFields ?? []).map((name) => ({
    group: resource.ref.group,
    resource: resource.ref.plural,
    name,
    value: (object) => resource.selectableFields?.(object)[name],
  })),
);

const clock = (): Date => new Date();
const randomness = { uid: randomUUID, fraction: Math.random };

export async function openServer(parts: ServerParts): Promise<OpenServer> {
  const { cache, secrets, kubeletClient, logger, port, advertiseAddress } = parts;
  const serviceCidrs = [parts.serviceCidr];
  await bootstrapCluster({
    cache,
    network: { serviceCidrs, kubernetesServiceIps: [parts.kubernetesServiceIp] },
    port,
    clientAuthority: secrets.authority.certificate,
    clock,
    newUid: randomUUID,
  });
  const security = await openSecurity({
    cache,
    serviceAccountKey: { privateKey: secrets.serviceAccount.privateKey },
    serviceCidrs,
    clock,
    randomness,
  });
  await security.repair();
  const app = createApp({
    ...security,
    cache,
    registry,
    ...(advertiseAddress === undefined ? {} : { serverAddress: `${advertiseAddress}:${port}` }),
    ...(kubeletClient === undefined ? {} : { nodes: openNodeConnections(kubeletClient) }),
    clock,
    randomness,
    logger,
    version: {
      major: "1",
      minor: "37",
      gitVersion: kubernetesVersion,
      platform: `${process.platform}/${process.arch === "x64" ? "amd64" : process.arch}`,
    },
  });
  const stop = new AbortController();
  const endpoints = { cache, port, clock, newUid: randomUUID, logger };
  const published =
    advertiseAddress === undefined
      ? Promise.resolve()
      : runEndpoints({ ...endpoints, address: advertiseAddress }, stop.signal);
  return {
    app,
    async close() {
      stop.abort();
      await published;
      app.close();
      security.close();
    },
  };
}
