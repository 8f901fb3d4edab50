/** A real `kubun up` with what hostile clients need of it, and those clients' process. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { namespaces, pods } from "#gen/api/core/v1.ts";
import {
  type RunningCluster,
  removeDataDir,
  startCluster,
  waitFor,
} from "#tests/support/cluster.ts";
import { temporaryDataDir } from "#tests/support/data-dir.ts";
import type { Target } from "./attack.ts";
import { Hostile } from "./hostile.ts";
import { hostileIdentity } from "./hostile-identity.ts";
import { namespace } from "./load.ts";

/** The launcher's child is the product. */
export function productOf({ process: { pid } }: RunningCluster): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}

async function prepare(client: Client): Promise<void> {
  for (const name of [namespace, "siege"]) {
    await client.create(namespaces, "", { metadata: { name }, spec: {} });
  }
  await waitFor("a service account", async () => {
    const spec = { containers: [{ name: "c", image: "example.test/c:1" }] };
    const made = client.create(pods, "siege", { metadata: { name: "target" }, spec });
    return made.then(
      () => true,
      () => false,
    );
  });
  await waitFor("the pod that is talked to", async () => {
    return (await client.get(pods, "siege", "target")).status?.phase === "Running";
  });
}

export interface Scene {
  readonly cluster: RunningCluster;
  /** Of the product. */
  readonly pid: number;
  /** An administrator's. */
  readonly client: Client;
  readonly target: Target;
  readonly hostile: Hostile;
  /** Where it says what it holds when it is sent SIGUSR2. */
  readonly heapFile: string;
  end(): Promise<void>;
}

async function openedIn(cluster: RunningCluster): Promise<Omit<Scene, "heapFile" | "end">> {
  const admin = readKubeconfig(readFileSync(cluster.kubeconfig, "utf8"));
  const client = clientFromKubeconfig(admin, { userAgent: "siege" });
  await prepare(client);
  const kubeconfig = await hostileIdentity(client, admin);
  const { hostname: host, port } = new URL(kubeconfig.server);
  const target = { host, port: Number(port), kubeconfig };
  return { cluster, client, target, pid: productOf(cluster), hostile: new Hostile() };
}

export async function openScene(): Promise<Scene> {
  const dataDir = temporaryDataDir();
  const heapFile = join(dataDir, "heap.json");
  const cluster = await startCluster(["--runtime", "simulated", "--nodes", "1"], dataDir, {
    BUN_OPTIONS: `--preload ${join(import.meta.dirname, "collect-on-signal.ts")}`,
    SIEGE_HEAP: heapFile,
  });
  const close = async (): Promise<void> => {
    await cluster.stop();
    removeDataDir(cluster.dataDir);
  };
  try {
    const opened = await openedIn(cluster);
    const end = async (): Promise<void> => {
      await opened.hostile.stop();
      await close();
    };
    return { ...opened, heapFile, end };
  } catch (error) {
    await close();
    throw error;
  }
}
