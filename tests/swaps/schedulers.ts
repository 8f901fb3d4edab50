/** Schedulers change sides; the same load. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { parse } from "yaml";
import { writeKubeconfig } from "#client/kubeconfig.ts";
import { configmaps } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { run } from "#tests/support/peers.ts";
import { allowedOfScheduler, logCheck } from "./complaints.ts";
import { ourLogCheck } from "./controllers.ts";
import { schedulerWorkloads } from "./scheduler-workloads.ts";
import { shapeStages } from "./shapes.ts";
import type { Check, Swap } from "./swap.ts";
import { until } from "./until.ts";
import {
  notBuilt,
  openOurWorld,
  openStockWorld,
  type StockWorld,
  spreadOverZones,
} from "./world.ts";

const root = join(import.meta.dirname, "../..");
const nodeCount = 100;
const podCount = 1_000;

export const stockScheduler: Swap = {
  side: "on our API server",
  part: "stock kube-scheduler",
  missing: async () => notBuilt("kube-scheduler", "load"),
  async open() {
    const flags = ["--no-controllers"];
    const world = await openOurWorld({ nodes: nodeCount, stockScheduler: true, flags });
    await spreadOverZones(world.client);
    const log = logCheck(world, "kube-scheduler", allowedOfScheduler);
    return { stages: [...shapeStages(world, podCount), [log]], close: world.close };
  },
};

const account = "kubun-scheduler";
const system = "kube-system";

/** examples/scheduler.yaml, as its reader would. Throws where the server refuses an object of it. */
export function manifestCheck({ kubeconfig }: StockWorld): Check {
  return {
    must: "take examples/scheduler.yaml",
    async run() {
      const manifest = join(root, "examples/scheduler.yaml");
      const given = ["--kubeconfig", kubeconfig, "apply", "-f", manifest];
      const { code, out } = await run("kubectl", given);
      if (code !== 0) throw new Error(out);
      return `${out.trim().split("\n").length} objects accepted`;
    },
  };
}

interface TokenAnswer extends KubeObject {
  readonly status: { readonly token: string };
}

/** As a pod of the manifest would run: its account's rights and no others, its configuration and one profile more. */
async function startOurScheduler(world: StockWorld): Promise<void> {
  const { client, processes, server } = world;
  const path = `/api/v1/namespaces/${system}/serviceaccounts/${account}/token`;
  const asked = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} };
  const { status } = await client.post<TokenAnswer>(path, asked);
  const { url, certificateAuthority, directory } = server;
  const file = (name: string, text: string): string => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
  const identity = { server: url, certificateAuthority, token: status.token };
  const kubeconfig = file("our-scheduler.kubeconfig", writeKubeconfig(identity));
  const { data } = await client.get(configmaps, system, account);
  const configured = parse(data?.["config.yaml"] ?? "");
  // The shapes of `load` name no scheduler.
  configured.profiles.push({ schedulerName: "default-scheduler" });
  const config = file("our-scheduler.yaml", JSON.stringify(configured));
  const program = [join(root, "server/main.ts"), "scheduler", "--port", "0"];
  const given = ["--kubeconfig", kubeconfig, "--config", config];
  processes.start("our-scheduler", process.execPath, [...program, ...given]);
}

export function startCheck(world: StockWorld): Check {
  return {
    must: "lead with the rights of its manifest",
    async run() {
      await startOurScheduler(world);
      const lease = `/apis/coordination.k8s.io/v1/namespaces/${system}/leases/${account}`;
      const seen = async (): Promise<string> => `${(await world.client.raw(lease)).status}`;
      await until("its Lease", "200", seen);
      return `holds the Lease ${account} as system:serviceaccount:${system}:${account}`;
    },
  };
}

export const ourScheduler: Swap = {
  side: "on a stock API server",
  part: "our scheduler",
  missing: async () =>
    notBuilt("etcd", "kube-apiserver", "kube-controller-manager", "kubectl", "fakenode", "load"),
  async open() {
    const world = await openStockWorld(nodeCount, { controllers: true });
    const log = ourLogCheck(world, "our-scheduler");
    const stages = [
      [manifestCheck(world)],
      [startCheck(world)],
      ...schedulerWorkloads(world).map((check) => [check]),
      ...shapeStages(world, podCount),
      [log],
    ];
    return { stages, close: world.close };
  },
};
