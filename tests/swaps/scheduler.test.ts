/** Schedulers change sides: stock kube-scheduler on our API server, ours on a stock kube-apiserver; the same load. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import {
  kubectl,
  type RunningCluster,
  removeDataDir,
  startCluster,
  waitFor,
} from "#tests/support/cluster.ts";
import { PeerProcesses, peer } from "#tests/support/peers.ts";
import { alone, type StockServer, startStockServer } from "#tests/support/stock-server.ts";
import { skipped } from "./skip.ts";

const nodes = 100;
/** Pods of each shape; by anti-affinity a node takes one. */
const shapes = {
  basic: 1_000,
  spread: 1_000,
  hardspread: 1_000,
  antiaffinity: nodes,
  affinity: 1_000,
} as const;
const scheduleMsMax = 180_000;

/** One of client-go's loads; what it measured. */
function load(kubeconfig: string, ...args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(peer("load"), [...args, "-kubeconfig", kubeconfig]);
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (chunk: Buffer) => {
        said += chunk;
      });
    }
    child.once("exit", (code) => {
      if (code === 0) resolve(said.trim());
      else reject(new Error(`load ${args.join(" ")}: ${said}`));
    });
  });
}

async function schedulesAll(
  kubeconfig: string,
  who: string,
  [shape, pods]: [string, number],
): Promise<void> {
  const said = await load(kubeconfig, "sched", "-n", `${pods}`, "-shape", shape, "-timeout", "60s");
  console.log(`${who}: ${said}`);
  // Not by the load's own count: a busy server ends a watch that reads too slowly.
  const bound = (): number =>
    kubectl(kubeconfig, ["get", "pods", "-n", "load", "-o", "jsonpath={.items[*].spec.nodeName}"])
      .out.split(" ")
      .filter(Boolean).length;
  await waitFor(
    "every pod to have a node",
    () => bound() === pods,
    () => `${bound()} have`,
  );
  expect(await load(kubeconfig, "clean")).toBe("pods left 0");
}

const stockReason = skipped(["kube-scheduler", "load"]);
describe.skipIf(stockReason !== "")(`stock scheduler on our API server${stockReason}`, () => {
  let cluster: RunningCluster;
  let processes: PeerProcesses;
  beforeAll(async () => {
    // The load's nodes have nobody behind them: a node controller would miss their heartbeats.
    cluster = await startCluster(["--nodes", "0", "--no-scheduler", "--no-controllers"]);
    await load(cluster.kubeconfig, "nodes", "-n", `${nodes}`);
    processes = new PeerProcesses(cluster.dataDir);
    processes.start("kube-scheduler", peer("kube-scheduler"), [
      `--kubeconfig=${cluster.kubeconfig}`,
      ...alone,
      "--kube-api-qps=5000",
      "--kube-api-burst=5000",
    ]);
  }, 120_000);
  afterAll(async () => {
    await processes?.stop();
    await cluster?.stop();
    if (cluster !== undefined) removeDataDir(cluster.dataDir);
  }, 60_000);

  for (const shape of Object.entries(shapes)) {
    test(shape[0], () => schedulesAll(cluster.kubeconfig, "stock on ours", shape), scheduleMsMax);
  }
});

const ownReason = skipped(["etcd", "kube-apiserver", "load"]);
describe.skipIf(ownReason !== "")(`our scheduler on a stock API server${ownReason}`, () => {
  let stock: StockServer;
  let processes: PeerProcesses;
  beforeAll(async () => {
    stock = await startStockServer();
    await load(stock.kubeconfig, "nodes", "-n", `${nodes}`);
    processes = new PeerProcesses(stock.directory);
    const own = [join(import.meta.dirname, "component-main.ts"), "scheduler", stock.kubeconfig];
    processes.start("our-scheduler", process.execPath, own);
  }, 120_000);
  afterAll(async () => {
    await processes?.stop();
    await stock?.stop();
  }, 60_000);

  for (const shape of Object.entries(shapes)) {
    test(shape[0], () => schedulesAll(stock.kubeconfig, "ours on stock", shape), scheduleMsMax);
  }
});
