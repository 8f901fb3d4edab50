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

export type Twin = Pick<Scene, "target" | "end">;

async function targetOf(cluster: RunningCluster): Promise<Pick<Scene, "client" | "target">> {
  const admin = readKubeconfig(readFileSync(cluster.kubeconfig, "utf8"));
  const client = clientFromKubeconfig(admin, { userAgent: "siege" });
  await prepare(client);
  const kubeconfig = await hostileIdentity(client, admin);
  const { hostname: host, port } = new URL(kubeconfig.server);
  return { client, target: { host, port: Number(port), kubeconfig } };
}

interface Opened<T> {
  readonly of: T;
  end(): Promise<void>;
}

/** What is opened in a cluster of its own, which ends with it, and where that fails. */
async function opened<T>(
  dataDir: string,
  env: Readonly<Record<string, string>>,
  open: (cluster: RunningCluster) => Promise<T>,
): Promise<Opened<T>> {
  const cluster = await startCluster(["--runtime", "simulated", "--nodes", "1"], dataDir, env);
  const end = async (): Promise<void> => {
    await cluster.stop();
    removeDataDir(cluster.dataDir);
  };
  try {
    return { of: await open(cluster), end };
  } catch (error) {
    await end();
    throw error;
  }
}

/** Another server of the same kind, with the same in it: whoever is aimed at it takes as much of the machine. */
export async function openTwin(): Promise<Twin> {
  const { of, end } = await opened(temporaryDataDir(), {}, targetOf);
  return { target: of.target, end };
}

export async function openScene(): Promise<Scene> {
  const dataDir = temporaryDataDir();
  const heapFile = join(dataDir, "heap.json");
  const env = {
    BUN_OPTIONS: `--preload ${join(import.meta.dirname, "collect-on-signal.ts")}`,
    SIEGE_HEAP: heapFile,
  };
  const { of, end } = await opened(dataDir, env, async (cluster) => ({
    cluster,
    ...(await targetOf(cluster)),
    pid: productOf(cluster),
  }));
  const hostile = new Hostile();
  return {
    ...of,
    hostile,
    heapFile,
    async end() {
      await hostile.stop();
      await end();
    },
  };
}
