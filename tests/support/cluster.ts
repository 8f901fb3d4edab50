/**
 * A whole cluster as a user starts it: `kubun up` in a process of its own, on a free port and in a data
 * directory of its own, on Bun or (KUBUN_TEST_RUNTIME=deno) on Deno.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { temporaryDataDir } from "./data-dir.ts";

const root = join(import.meta.dirname, "../..");
const launcher = join(root, "server/cli/launcher.mjs");

/** A first start runs initdb; on a busy machine that takes a while. */
const readyMsMax = 90_000;

export interface Finished {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunningCluster extends RunningVerb {
  readonly dataDir: string;
  readonly kubeconfig: string;
  kubectl(...args: readonly string[]): Finished;
}

export async function startCluster(
  args: readonly string[],
  dataDir = temporaryDataDir(),
  env: Readonly<Record<string, string>> = {},
): Promise<RunningCluster> {
  const flags = ["--data-dir", dataDir, "--port", "0", "--bind-address", "127.0.0.1"];
  const running = await startVerb(["up", ...flags, ...args], "Ready in", env);
  const kubeconfig = join(dataDir, "admin.kubeconfig");
  return {
    ...running,
    dataDir,
    kubeconfig,
    kubectl: (...kubectlArgs) => kubectl(kubeconfig, kubectlArgs),
  };
}

export interface RunningVerb {
  readonly process: ChildProcess;
  /** Everything that it said, for a failing test. */
  said(): string;
  /** Like Ctrl-C, or `kill -9`. Resolves when the process is gone. */
  stop(signal?: "SIGINT" | "SIGKILL"): Promise<void>;
}

const environment = () => ({
  ...process.env,
  KUBUN_RUNTIME: process.env["KUBUN_TEST_RUNTIME"] ?? "bun",
  DATABASE_URL: "",
});

/** `kubun <verb>` that goes on running; resolves when it has said so. */
export async function startVerb(
  args: readonly string[],
  readyText: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningVerb> {
  const child = spawn("node", [launcher, ...args], {
    env: { ...environment(), ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      said += chunk;
    });
  }
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await waitFor(
    `kubun ${args[0]} to be ready`,
    () => {
      if (child.exitCode !== null)
        throw new Error(`kubun ${args[0]} ended with ${child.exitCode}:\n${said}`);
      return said.includes(readyText);
    },
    () => said,
  );
  return {
    process: child,
    said: () => said,
    async stop(signal = "SIGINT") {
      // The launcher passes SIGTERM on; SIGINT reaches a terminal's whole group, SIGKILL only the product.
      if (child.exitCode !== null) return gone;
      if (signal === "SIGKILL") spawnSync("pkill", ["-KILL", "-P", String(child.pid)]);
      else child.kill("SIGTERM");
      return gone;
    },
  };
}

/** `kubun <verb>` that ends by itself. */
export function kubun(args: readonly string[], input?: Uint8Array): Finished {
  const { status, stdout, stderr } = spawnSync("node", [launcher, ...args], {
    env: environment(),
    ...(input === undefined ? {} : { input }),
    timeout: readyMsMax,
  });
  return { code: status ?? 1, out: String(stdout), err: String(stderr) };
}

/** Removes what a cluster left: its Postgres is stopped with it, its containers by the test that made them. */
export function removeDataDir(dataDir: string): void {
  if (existsSync(dataDir)) rmSync(dataDir, { recursive: true, force: true });
}

export function kubectl(kubeconfig: string, args: readonly string[]): Finished {
  const { status, stdout, stderr } = spawnSync("kubectl", ["--kubeconfig", kubeconfig, ...args], {
    encoding: "utf8",
  });
  return { code: status ?? 1, out: stdout ?? "", err: stderr ?? "" };
}

export const hasKubectl = spawnSync("kubectl", ["version", "--client"]).status === 0;

/** Bounded: fails with what was seen, never hangs. */
export async function waitFor(
  what: string,
  done: () => boolean | Promise<boolean>,
  seen: () => string = () => "",
  msMax = readyMsMax,
): Promise<void> {
  const end = performance.now() + msMax;
  while (performance.now() < end) {
    if (await done()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited ${msMax / 1000} s for ${what}\n${seen()}`);
}
