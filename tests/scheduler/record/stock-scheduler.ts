/** A stock control plane of its own (API server, etcd, kube-scheduler), and what its scheduler thought of a pod. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { nodes } from "#gen/api/core/v1.ts";
import { peer } from "#tests/support/peers.ts";
import { startStockServer } from "#tests/support/stock-server.ts";

/** Node -> plugin -> normalized and weighted score. */
export type Scores = Record<string, Record<string, number>>;

export interface StockScheduler {
  readonly client: Client;
  /** What was scored for the pod ("namespace/name") since the last time somebody asked; awaits that it is `bound`. */
  scoresOf(key: string, bound: boolean): Promise<Scores>;
  stop(): Promise<void>;
}

const line =
  /"Plugin scored node for pod" pod="([^"]+)" plugin="([^"]+)" node="([^"]+)" score=(\d+)/;

/** The log is a moment behind. */
const flushMs = 10;

/** `configuration`: more of KubeSchedulerConfiguration than that all nodes are scored. */
export async function startStockScheduler(configuration: object): Promise<StockScheduler> {
  const server = await startStockServer();
  const config = join(server.directory, "scheduler.yaml");
  writeFileSync(
    config,
    stringify({
      apiVersion: "kubescheduler.config.k8s.io/v1",
      kind: "KubeSchedulerConfiguration",
      percentageOfNodesToScore: 100,
      leaderElection: { leaderElect: false },
      clientConnection: { kubeconfig: server.kubeconfig, qps: 1000, burst: 1000 },
      ...configuration,
    }),
  );
  server.processes.start("kube-scheduler", peer("kube-scheduler"), [
    `--config=${config}`,
    "--secure-port=0",
    "--vmodule=schedule_one=10",
  ]);
  const log = join(server.directory, "kube-scheduler.log");
  const client = clientFromKubeconfig(readKubeconfig(readFileSync(server.kubeconfig, "utf8")));
  // Whoever took the same free port a moment before has an etcd there.
  const { items } = await client.list(nodes);
  if (items.length > 0) throw new Error("somebody else's etcd answers; try again");
  let read = 0;
  return {
    client,
    async scoresOf(key, bound) {
      const last = `"Successfully bound pod to node" pod="${key}"`;
      let text = "";
      do {
        await sleep(flushMs);
        text = readFileSync(log).subarray(read).toString("utf8");
      } while (bound && !text.includes(last));
      read += Buffer.byteLength(text);
      const scores: Scores = {};
      for (const entry of text.split("\n")) {
        const found = line.exec(entry);
        if (found === null || found[1] !== key) continue;
        const [, , plugin = "", node = "", score] = found;
        const row = scores[node] ?? {};
        scores[node] = row;
        row[plugin] = Number(score);
      }
      return scores;
    },
    stop: () => server.stop(),
  };
}
