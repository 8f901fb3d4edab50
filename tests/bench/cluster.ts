/** A whole cluster from nothing: simulated nodes Ready, then the pods of many Deployments Running. */
import { rmSync } from "node:fs";
import type { Client } from "#client/client.ts";
import { createInformer } from "#client/informer.ts";
import { deployments } from "#gen/api/apps/v1.ts";
import { type Node, nodes, type Pod, pods } from "#gen/api/core/v1.ts";
import { silent } from "#telemetry/log.ts";
import { temporaryDataDir } from "#tests/support/data-dir.ts";
import { freePort } from "#tests/support/free-port.ts";
import { adminClient, pause, startUp } from "./kubun-up.ts";
import type { Bench } from "./main.ts";

const pollMilliseconds = 20;
const secondsMax = 600;

export interface ClusterSize {
  readonly nodes: number;
  readonly deployments: number;
  readonly replicas: number;
}

const isReady = ({ status }: Node): boolean =>
  (status.conditions ?? []).some(({ type, status: is }) => type === "Ready" && is === "True");

const isRunning = ({ status }: Pod): boolean => status.phase === "Running";

const deployment = (name: string, replicas: number) => ({
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "c", image: "example.test/c:1" }] },
    },
  },
});

async function until(what: string, done: () => boolean): Promise<void> {
  const end = performance.now() + secondsMax * 1000;
  while (!done()) {
    if (performance.now() > end) throw new Error(`${what}: not within ${secondsMax} s`);
    await pause(pollMilliseconds);
  }
}

/** Milliseconds until `size.nodes` are Ready, and from then on until every pod is Running. */
async function fillCluster(client: Client, size: ClusterSize, began: number) {
  const stop = new AbortController();
  const ready = createInformer(client, nodes, { logger: silent });
  const running = createInformer(client, pods, { logger: silent });
  ready.start(stop.signal);
  running.start(stop.signal);
  const count = size.deployments * size.replicas;
  try {
    await until("nodes", () => ready.list().filter(isReady).length >= size.nodes);
    const nodesReady = performance.now();
    const made = Array.from({ length: size.deployments }, (_, at) =>
      client.create(deployments, "default", deployment(`d${at}`, size.replicas)),
    );
    await Promise.all(made);
    await until("pods", () => running.list().filter(isRunning).length >= count);
    return { nodes: nodesReady - began, pods: performance.now() - nodesReady };
  } finally {
    stop.abort();
  }
}

export async function benchCluster(
  size: ClusterSize,
  print: (line: string) => void,
): Promise<void> {
  const dataDir = temporaryDataDir();
  const began = performance.now();
  const flags = ["--runtime", "simulated", "--nodes", `${size.nodes}`];
  const cluster = await startUp(dataDir, await freePort(), flags);
  try {
    const took = await fillCluster(adminClient(dataDir), size, began);
    const seconds = (milliseconds: number): string => (milliseconds / 1000).toFixed(1);
    print(`kubun up with a new store, simulated nodes`);
    print(`${size.nodes} nodes Ready after ${seconds(took.nodes)} s`);
    print(`${size.deployments * size.replicas} pods Running after ${seconds(took.pods)} s more`);
  } finally {
    await cluster.stop();
    rmSync(dataDir, { recursive: true });
  }
}

export const clusterBench: Bench = {
  name: "cluster",
  run: (print) => benchCluster({ nodes: 1_000, deployments: 50, replicas: 100 }, print),
};
