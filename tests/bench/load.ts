/**
 * Our whole server beside the stock one, in one sitting: the same client (`load` of the peers, client-go) and the
 * same reads against both, by turns, medians of three. Says so where the peers are not built.
 */
import { readFileSync } from "node:fs";
import { performance } from "node:perf_hooks";
import process from "node:process";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { configmaps, namespaces, nodes, pods, serviceaccounts } from "#gen/api/core/v1.ts";
import { removeDataDir, startCluster } from "#tests/support/cluster.ts";
import { missingPeers, run } from "#tests/support/peers.ts";
import { family, proportionalBytes } from "#tests/support/process-memory.ts";
import { startStockServer } from "#tests/support/stock-server.ts";
import type { Bench } from "./main.ts";

type Print = (line: string) => void;

interface Side {
  readonly name: "kubun" | "stock";
  readonly kubeconfig: string;
  readonly client: Client;
  /** Server and store. */
  pids(): readonly number[];
}

export interface LoadSize {
  /** Medians of so many. */
  readonly rounds: number;
  readonly creates: number;
  readonly pods: number;
  readonly watchers: number;
  readonly writes: number;
  /** In the cluster when its memory is read. */
  readonly held: { readonly pods: number; readonly nodes: number };
}

const full: LoadSize = {
  rounds: 3,
  creates: 5_000,
  pods: 10_000,
  watchers: 1_000,
  writes: 2_500,
  held: { pods: 20_000, nodes: 1_000 },
};
const namespace = "bench";
/** Of the watched writes; issue and comparison know no other. */
const writesPerSecond = 500;
const widthMax = 64;
/** What was garbage after the last write is collected by then. */
const settleMilliseconds = 3_000;

function share(sorted: readonly number[], part: number): number {
  return sorted[Math.floor((sorted.length - 1) * part)] ?? Number.NaN;
}

const median = (values: readonly number[]): number =>
  share(
    values.toSorted((a, b) => a - b),
    0.5,
  );

/** One measure on both sides by turns. */
async function compared(
  sides: readonly Side[],
  rounds: number,
  measure: (side: Side) => Promise<number>,
): Promise<Readonly<Record<Side["name"], number>>> {
  const seen: Record<Side["name"], number[]> = { kubun: [], stock: [] };
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) seen[side.name].push(await measure(side));
  }
  return { kubun: median(seen.kubun), stock: median(seen.stock) };
}

async function createsPerSecond(
  { kubeconfig }: Side,
  writers: number,
  count: number,
): Promise<number> {
  const { out } = await run("load", [
    ...["create", "-kubeconfig", kubeconfig, "-w", `${writers}`, "-n", `${count}`],
  ]);
  const rate = /: (\d+)\/s .* errors (\d+)/.exec(out);
  if (rate === null || rate[2] !== "0") throw new Error(`load create said: ${out}`);
  return Number(rate[1]);
}

async function each(count: number, action: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) await action(next++);
  };
  await Promise.all(Array.from({ length: Math.min(widthMax, count) }, worker));
}

async function createPods(client: Client, from: number, to: number): Promise<void> {
  const container = { name: "c", image: "example.test/pause:1" };
  await each(Math.max(0, to - from), async (index) => {
    const metadata = { name: `p-${from + index}`, labels: { app: "bench" } };
    await client.create(pods, namespace, { metadata, spec: { containers: [container] } });
  });
}

async function fill({ client }: Side, size: LoadSize): Promise<void> {
  await client.create(namespaces, "", { metadata: { name: namespace }, spec: {} });
  await client.create(serviceaccounts, namespace, { metadata: { name: "default" } }).catch(() => {
    // A controller was quicker.
  });
  await createPods(client, 0, size.pods);
  await each(size.watchers, async (index) => {
    await client.create(configmaps, namespace, { metadata: { name: `w-${index}` } });
  });
}

const accepts: Readonly<Record<string, string>> = {
  JSON: "application/json",
  protobuf: "application/vnd.kubernetes.protobuf",
  Table: "application/json;as=Table;v=v1;g=meta.k8s.io",
};

/** Milliseconds until the whole answer is here. */
async function timeOfRead({ client }: Side, path: string, accept: string): Promise<number> {
  const start = performance.now();
  await (await client.raw(path, { headers: { accept } })).arrayBuffer();
  return performance.now() - start;
}

/** Each watcher watches one object; writes go round. Latency from before the write until its event is here. */
async function watchLatency({ client }: Side, size: LoadSize): Promise<readonly number[]> {
  const stop = new AbortController();
  const latencies: number[] = [];
  const written = new Map<string, number>();
  const { resourceVersion } = await client.list(configmaps, { namespace, limit: 1 });
  const watch = async (name: string): Promise<void> => {
    const fieldSelector = `metadata.name=${name}`;
    const options = { namespace, fieldSelector, resourceVersion, signal: stop.signal };
    for await (const { object } of client.watch(configmaps, options)) {
      const at = written.get(object.metadata.labels?.["n"] ?? "");
      if (at !== undefined) latencies.push(performance.now() - at);
    }
  };
  const watching = Array.from({ length: size.watchers }, (_, index) =>
    watch(`w-${index}`).catch((error: unknown) => {
      if (!stop.signal.aborted) throw error;
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const start = performance.now();
  const writes: Promise<unknown>[] = [];
  for (let n = 0; n < size.writes; n++) {
    const wait = start + (n * 1000) / writesPerSecond - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    written.set(`${n}`, performance.now());
    const target = { namespace, name: `w-${n % size.watchers}` };
    const patch = { metadata: { labels: { n: `${n}` } } };
    writes.push(client.patch(configmaps, target, "application/merge-patch+json", patch));
  }
  await Promise.all(writes);
  const end = performance.now() + 10_000;
  while (latencies.length < size.writes && performance.now() < end) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  stop.abort();
  await Promise.all(watching);
  return latencies.sort((a, b) => a - b);
}

function line(title: string, kubun: string, stock: string, ratio: number, print: Print): void {
  print(`${title.padEnd(34)} ${kubun.padStart(12)} ${stock.padStart(12)} ${ratio.toFixed(1)}x`);
}

async function compareWrites(sides: readonly Side[], size: LoadSize, print: Print) {
  for (const writers of [10, 64]) {
    const rates = await compared(sides, size.rounds, (side) =>
      createsPerSecond(side, writers, size.creates),
    );
    const title = `create ConfigMap 1 KB, ${writers} writers`;
    line(title, `${rates.kubun}/s`, `${rates.stock}/s`, rates.kubun / rates.stock, print);
  }
}

async function compareReads(sides: readonly Side[], size: LoadSize, print: Print) {
  const list = `/api/v1/namespaces/${namespace}/pods`;
  const milliseconds = (value: number): string => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
  const read = async (title: string, path: string, accept: string): Promise<void> => {
    const times = await compared(sides, size.rounds * 2, (side) => timeOfRead(side, path, accept));
    const [kubun, stock] = [milliseconds(times.kubun), milliseconds(times.stock)];
    line(title, kubun, stock, times.stock / times.kubun, print);
  };
  for (const [form, accept] of Object.entries(accepts)) {
    await read(`list ${size.pods} pods, ${form}`, list, accept);
  }
  await read("get a pod, protobuf", `${list}/p-1`, accepts["protobuf"] ?? "");
}

async function compareWatches(sides: readonly Side[], size: LoadSize, print: Print) {
  const seen = new Map<string, readonly number[]>();
  for (const side of sides) seen.set(side.name, await watchLatency(side, size));
  const at = (name: string, part: number): number => share(seen.get(name) ?? [], part);
  for (const part of [0.5, 0.99]) {
    const title = `watch latency p${part * 100}, ${size.watchers} watchers`;
    const [kubun, stock] = [at("kubun", part), at("stock", part)];
    line(title, `${kubun.toFixed(1)} ms`, `${stock.toFixed(1)} ms`, stock / kubun, print);
  }
  const counts = sides.map(({ name }) => `${name} ${seen.get(name)?.length ?? 0}`).join(", ");
  print(`events of ${size.writes} writes at ${writesPerSecond}/s: ${counts}`);
}

async function compareMemory(sides: readonly Side[], size: LoadSize, print: Print) {
  const { held } = size;
  const bytes = new Map<Side["name"], number>();
  for (const { name, client, pids } of sides) {
    await createPods(client, size.pods, held.pods);
    await each(held.nodes, async (index) => {
      await client.create(nodes, "", { metadata: { name: `node-${index}` }, spec: {}, status: {} });
    });
    await new Promise((resolve) => setTimeout(resolve, settleMilliseconds));
    bytes.set(
      name,
      pids().reduce((sum, pid) => sum + proportionalBytes(pid), 0),
    );
  }
  const [kubun = 0, stock = 0] = [bytes.get("kubun"), bytes.get("stock")];
  const shown = (value: number): string => `${Math.round(value / 2 ** 20)} MiB`;
  const title = `memory, ${held.pods} pods, ${held.nodes} nodes`;
  line(title, shown(kubun), shown(stock), stock / kubun, print);
}

export async function benchLoad(size: LoadSize, print: Print): Promise<void> {
  const missing = missingPeers("etcd", "kube-apiserver", "load");
  if (missing.length > 0) return print(`skipped: not built here: ${missing.join(", ")}`);
  const cluster = await startCluster(["--runtime", "simulated", "--nodes", "0", "--no-scheduler"]);
  const stock = await startStockServer();
  try {
    const stockPids = (): readonly number[] => stock.processes.pids;
    const ourPids = (): readonly number[] =>
      family(process.pid).filter((pid) => pid !== process.pid && !stockPids().includes(pid));
    const side = (name: Side["name"], kubeconfig: string, pids: Side["pids"]): Side => {
      const connection = readKubeconfig(readFileSync(kubeconfig, "utf8"));
      const client = clientFromKubeconfig(connection, { userAgent: "bench" });
      return { name, kubeconfig, client, pids };
    };
    const sides = [
      side("kubun", cluster.kubeconfig, ourPids),
      side("stock", stock.kubeconfig, stockPids),
    ];
    print(`${"".padEnd(34)} ${"kubun".padStart(12)} ${"stock".padStart(12)}`);
    await compareWrites(sides, size, print);
    for (const one of sides) await fill(one, size);
    await compareReads(sides, size, print);
    await compareWatches(sides, size, print);
    await compareMemory(sides, size, print);
  } finally {
    await cluster.stop();
    await stock.stop();
    removeDataDir(cluster.dataDir);
  }
}

export const load: Bench = { name: "load", run: (print) => benchLoad(full, print) };
