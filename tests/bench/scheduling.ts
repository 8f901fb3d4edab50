/**
 * `npm run bench -- scheduling [--core] [--api] [--peer] [--only REGEX] [--scale F] [--rounds N] [--json FILE]
 * [--svg FILE] [--growth FILE]`:
 * decisions without the API; our whole stack; the stock stack of the peers under the same load, by turns.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { readKubeconfig } from "#client/kubeconfig.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { removeDataDir, startCluster } from "#tests/support/cluster.ts";
import { missingPeers } from "#tests/support/peers.ts";
import { startStockServer } from "#tests/support/stock-server.ts";
import type { Bench } from "./main.ts";
import { runApi } from "./scheduling-api.ts";
import { type SchedulingCase, scaled, schedulingCases } from "./scheduling-cases.ts";
import { chart } from "./scheduling-chart.ts";
import { type CoreResult, runCore } from "./scheduling-core.ts";
import { growthChart } from "./scheduling-growth-chart.ts";

export interface SchedulingOptions {
  readonly core: boolean;
  readonly api: boolean;
  readonly peer: boolean;
  readonly only: RegExp;
  readonly scale: number;
  /** Medians of so many. */
  readonly rounds: number;
  readonly json: string | undefined;
  readonly svg: string | undefined;
  readonly growth: string | undefined;
}

interface Row {
  readonly name: string;
  readonly nodes: number;
  readonly pods: number;
  readonly core?: CoreResult;
  /** Pods bound a second. */
  readonly api?: number;
  readonly peer?: number;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? Number.NaN;
}

const connectionTo = (kubeconfig: string) => readKubeconfig(readFileSync(kubeconfig, "utf8"));

async function onKubun(size: SchedulingCase): Promise<number> {
  const cluster = await startCluster([
    "--runtime",
    "simulated",
    "--nodes",
    "0",
    "--no-controllers",
  ]);
  try {
    return await runApi(connectionTo(cluster.kubeconfig), size);
  } finally {
    await cluster.stop();
    removeDataDir(cluster.dataDir);
  }
}

/** With the client limits lifted: upstream's own 50 requests a second are no measure of it. */
async function onStock(size: SchedulingCase): Promise<number> {
  const server = await startStockServer({
    scheduler: ["--kube-api-qps=5000", "--kube-api-burst=5000"],
  });
  try {
    return await runApi(connectionTo(server.kubeconfig), size);
  } finally {
    await server.stop();
  }
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

function coreLine({ core }: Row, form: SchedulingCase["form"]): string {
  if (core === undefined) return "";
  const whole = (value: number) => Math.round(value).toLocaleString("en").padStart(9);
  const rate = `${whole(core.decisionsPerSecond)} decisions/s (${whole(core.decisionsPerCpuSecond)} a cpu second)`;
  const more =
    form === "lone"
      ? `, p50 ${core.p50.toFixed(3)} ms, p99 ${core.p99.toFixed(3)} ms`
      : form === "cold"
        ? `, start ${core.startSeconds.toFixed(1)} s (${core.startCpuSeconds.toFixed(1)} of cpu), arena ${mebibytes(core.arena)}, process ${mebibytes(core.resident)}`
        : "";
  return `${rate}, ${core.bound} bound, hash ${core.hash}${more}`;
}

function rateLine({ api, peer }: Row): string {
  const rate = (value: number) => Math.round(value).toLocaleString("en").padStart(6);
  return [
    ...(api === undefined ? [] : [`kubun ${rate(api)} pods/s`]),
    ...(peer === undefined ? [] : [`stock ${rate(peer)} pods/s`]),
    ...(api === undefined || peer === undefined ? [] : [`ratio ${(api / peer).toFixed(1)}`]),
  ].join("   ");
}

async function runCase(size: SchedulingCase, options: SchedulingOptions): Promise<Row> {
  const row = { name: size.name, nodes: size.nodes, pods: size.pods[0] };
  const found: { -readonly [key in keyof Row]: Row[key] } = row;
  if (options.core) {
    const runs = Array.from({ length: options.rounds }, () => runCore(size));
    const middle = median(runs.map((run) => run.decisionsPerSecond));
    const [first] = runs;
    const core = runs.find((run) => run.decisionsPerSecond === middle) ?? first;
    if (core !== undefined) found.core = core;
  }
  if (size.core || size.form === "lone" || size.form === "cold") return found;
  const api: number[] = [];
  const peer: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    if (options.api) api.push(await onKubun(size));
    if (options.peer) peer.push(await onStock(size));
  }
  if (api.length > 0) found.api = median(api);
  if (peer.length > 0) found.peer = median(peer);
  return found;
}

export async function benchScheduling(
  print: (line: string) => void,
  options: SchedulingOptions,
): Promise<readonly Row[]> {
  await buildWasm();
  const missing = options.peer ? missingPeers("kube-apiserver", "etcd", "kube-scheduler") : [];
  if (missing.length > 0) print(`no --peer: ${missing.join(", ")} not built here`);
  const rows: Row[] = [];
  let isWarm = !options.core;
  for (const given of schedulingCases.filter(({ name }) => options.only.test(name))) {
    const size = scaled(given, options.scale);
    // The first case would pay for compiling what all of them run; a cold start has nothing before it.
    if (!isWarm && size.form !== "cold") {
      runCore(scaled(schedulingCases[0] ?? given, 0.4 * Math.min(1, options.scale)));
      isWarm = true;
    }
    const row = await runCase(size, { ...options, peer: options.peer && missing.length === 0 });
    rows.push(row);
    const told = [coreLine(row, size.form), rateLine(row)].filter((line) => line !== "");
    print(`${row.name.padEnd(48)} ${told.join("   ")}`);
  }
  if (options.json !== undefined) {
    writeFileSync(
      options.json,
      `${JSON.stringify({ scale: options.scale, rows }, undefined, 2)}\n`,
    );
  }
  if (options.svg !== undefined) writeFileSync(options.svg, chart(rows));
  if (options.growth !== undefined) writeFileSync(options.growth, growthChart(rows));
  return rows;
}

/** What follows `scheduling` on the command line. */
export function schedulingOptions(args: readonly string[]): SchedulingOptions {
  const has = (flag: string) => args.includes(flag);
  const value = (flag: string, fallback: string) => {
    const at = args.indexOf(flag);
    return at < 0 ? fallback : (args[at + 1] ?? fallback);
  };
  const [json, svg, growth] = [value("--json", ""), value("--svg", ""), value("--growth", "")];
  return {
    core: has("--core") || !(has("--api") || has("--peer")),
    api: has("--api"),
    peer: has("--peer"),
    only: new RegExp(value("--only", ".")),
    scale: Number(value("--scale", "1")),
    rounds: Number(value("--rounds", "1")),
    json: json === "" ? undefined : json,
    svg: svg === "" ? undefined : svg,
    growth: growth === "" ? undefined : growth,
  };
}

export const scheduling: Bench = {
  name: "scheduling",
  async run(print, args = []) {
    await benchScheduling(print, schedulingOptions(args));
  },
};
