/** An API server, ours or the stock one, with whatever parts a swap puts on it, seen by one administrator. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createAuthority } from "#apimachinery/pki.ts";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { nodes } from "#gen/api/core/v1.ts";
import { removeDataDir, startCluster } from "#tests/support/cluster.ts";
import { missingPeers, PeerProcesses, peer } from "#tests/support/peers.ts";
import {
  alone,
  controllerFlags,
  type StockServer,
  serviceAccountKey,
  startStockServer,
} from "#tests/support/stock-server.ts";

export interface World {
  readonly kubeconfig: string;
  readonly url: string;
  /** PEM. */
  readonly certificateAuthority: string;
  /** Where everything of it lies. */
  readonly folder: string;
  readonly client: Client;
  /** Stock or ours, each with its log. */
  readonly processes: PeerProcesses;
  said(): string;
  close(): Promise<void>;
}

/** Without the client's own limit: upstream's 50 requests a second are no measure of a server. */
export const unlimited = ["--kube-api-qps=5000", "--kube-api-burst=5000"] as const;

export function clientOf(kubeconfig: string): Client {
  const connection = readKubeconfig(readFileSync(kubeconfig, "utf8"));
  return clientFromKubeconfig(connection, { userAgent: "swaps" });
}

export const notBuilt = (...programs: readonly string[]): readonly string[] =>
  missingPeers(...programs).map((name) => `no stock ${name} is built`);

export interface OurWorldOptions {
  readonly nodes: number;
  readonly stockScheduler?: boolean;
  readonly stockControllers?: boolean;
  readonly flags?: readonly string[];
}

/** Our API server; of scheduler and controllers those are off that are stock. */
export async function openOurWorld(options: OurWorldOptions): Promise<World> {
  const { stockScheduler = false, stockControllers = false, flags = [] } = options;
  const cluster = await startCluster([
    ...["--runtime", "simulated", "--nodes", `${options.nodes}`],
    ...(stockScheduler ? ["--no-scheduler"] : []),
    ...(stockControllers ? ["--no-controllers"] : []),
    ...flags,
  ]);
  const { kubeconfig, dataDir } = cluster;
  const { server, certificateAuthority } = readKubeconfig(readFileSync(kubeconfig, "utf8"));
  const processes = new PeerProcesses(dataDir);
  if (stockScheduler) {
    const given = [`--kubeconfig=${kubeconfig}`, ...alone, ...unlimited];
    processes.start("kube-scheduler", peer("kube-scheduler"), given);
  }
  if (stockControllers) {
    const flags = await stockControllerFlags(kubeconfig, dataDir);
    const given = [...flags, ...unlimited, "--controllers=*,token-cleaner-controller"];
    processes.start("kube-controller-manager", peer("kube-controller-manager"), given);
  }
  return {
    kubeconfig,
    url: server,
    certificateAuthority,
    folder: dataDir,
    client: clientOf(kubeconfig),
    processes,
    said: () => `${processes.said()}\n--- kubun\n${cluster.said().slice(-3_000)}`,
    async close() {
      await processes.stop();
      await cluster.stop();
      removeDataDir(dataDir);
    },
  };
}

async function stockControllerFlags(kubeconfig: string, folder: string) {
  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const signing = await createAuthority({ commonName: "signer", now: new Date() });
  const { certificateAuthority } = readKubeconfig(readFileSync(kubeconfig, "utf8"));
  return controllerFlags(kubeconfig, {
    authority: file("root-ca.crt", certificateAuthority),
    signer: [file("signer.crt", signing.certificate), file("signer.key", signing.privateKey)],
    key: file("sa.key", serviceAccountKey()),
  });
}

export interface StockWorld extends World {
  readonly server: StockServer;
}

/** A stock API server with fake nodes; of the other components those that are to be stock. */
export async function openStockWorld(
  count: number,
  stock: { readonly controllers?: boolean; readonly scheduler?: boolean } = {},
): Promise<StockWorld> {
  const server = await startStockServer({
    ...(stock.controllers === true ? { controllers: [...unlimited] } : {}),
    ...(stock.scheduler === true ? { scheduler: [...unlimited] } : {}),
  });
  const { kubeconfig, processes } = server;
  const given = ["-kubeconfig", kubeconfig, "-n", `${count}`];
  if (count > 0) processes.start("fakenode", peer("fakenode"), given);
  return {
    server,
    kubeconfig,
    url: server.url,
    certificateAuthority: server.certificateAuthority,
    folder: server.directory,
    processes,
    client: clientOf(kubeconfig),
    said: server.said,
    close: server.stop,
  };
}

export const zoneLabel = "topology.kubernetes.io/zone";
const zones = 3;

/** Simulated nodes lie in no zone: a third of them in each from here on, as those of the stock fakenode. */
export async function spreadOverZones(client: Client): Promise<void> {
  const { items } = await client.list(nodes);
  for (const [at, { metadata }] of items.entries()) {
    const labels = { [zoneLabel]: `zone-${at % zones}` };
    const target = { namespace: "", name: metadata.name };
    await client.patch(nodes, target, "application/merge-patch+json", { metadata: { labels } });
  }
}
