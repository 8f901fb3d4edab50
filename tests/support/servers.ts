/** `kubun server` processes over one Postgres, each with a client of its own; on Bun or (KUBUN_TEST_RUNTIME=deno) on Deno. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, type Kubeconfig, readKubeconfig } from "#client/kubeconfig.ts";
import { removeDataDir, waitFor } from "./cluster.ts";
import { temporaryDataDir } from "./data-dir.ts";

const launcher = join(import.meta.dirname, "../../server/cli/launcher.mjs");

export interface ServerOptions {
  readonly databaseUrl: string;
  /** Default: any free one. */
  readonly port?: number;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServerProcess {
  readonly url: string;
  readonly port: number;
  readonly kubeconfigPath: string;
  readonly kubeconfig: Kubeconfig;
  readonly client: Client;
  /** Of the product, not of its launcher. */
  readonly pid: number;
  /** Everything that it said. */
  said(): string;
  alive(): boolean;
  /** Resolves when the process is gone. SIGKILL is a crash. */
  end(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

export async function startServer(options: ServerOptions): Promise<ServerProcess> {
  const dataDir = temporaryDataDir();
  const { databaseUrl, port = 0, args = [], env = {} } = options;
  const where = ["--data-dir", dataDir, "--port", String(port), "--bind-address", "127.0.0.1"];
  const child = spawn("node", [launcher, "server", ...where, "--log-level", "info", ...args], {
    env: {
      ...process.env,
      KUBUN_RUNTIME: process.env["KUBUN_TEST_RUNTIME"] ?? "bun",
      ...env,
      DATABASE_URL: databaseUrl,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk;
    });
  }
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const ready = () => {
    if (child.exitCode !== null)
      throw new Error(`kubun server ended with ${child.exitCode}:\n${said}`);
    return said.includes("Ready in");
  };
  await waitFor("kubun server to be ready", ready, () => said);
  const kubeconfigPath = join(dataDir, "admin.kubeconfig");
  const kubeconfig = readKubeconfig(readFileSync(kubeconfigPath, "utf8"));
  const pid = productOf(child);
  return {
    url: kubeconfig.server,
    port: Number(new URL(kubeconfig.server).port),
    kubeconfigPath,
    kubeconfig,
    client: clientFromKubeconfig(kubeconfig, { userAgent: "test" }),
    pid,
    said: () => said,
    alive: () => child.exitCode === null && child.signalCode === null,
    async end(signal = "SIGTERM") {
      if (child.exitCode === null && child.signalCode === null) process.kill(pid, signal);
      await gone;
      removeDataDir(dataDir);
    },
  };
}

function productOf({ pid }: ChildProcess): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8");
  return Number(children.trim().split(" ")[0]);
}
