/** `kubun up` as a user starts it: a process of its own, by the launcher. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import process from "node:process";
import type { Client } from "#client/client.ts";
import { clientFromKubeconfig, readKubeconfig } from "#client/kubeconfig.ts";

const launcher = join(import.meta.dirname, "../../server/cli/launcher.mjs");
const pollMilliseconds = 10;

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

export function adminClient(dataDir: string): Client {
  const text = readFileSync(join(dataDir, "admin.kubeconfig"), "utf8");
  return clientFromKubeconfig(readKubeconfig(text));
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ port, path: "/readyz", rejectUnauthorized: false, agent: false });
    asked.once("response", (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    });
    asked.once("error", () => resolve(false));
    asked.end();
  });
}

export interface Started {
  /** Milliseconds from the command until the API is ready. */
  readonly api: number;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function startUp(
  dataDir: string,
  port: number,
  flags: readonly string[],
): Promise<Started> {
  const began = performance.now();
  const where = ["--data-dir", dataDir, "--port", `${port}`, "--bind-address", "127.0.0.1"];
  const child = spawn("node", [launcher, "up", ...where, ...flags], {
    stdio: "ignore",
    env: { ...process.env, DATABASE_URL: "" },
  });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`kubun up ended with ${child.exitCode}`);
    await pause(pollMilliseconds);
  }
  return {
    api: performance.now() - began,
    pid: child.pid ?? 0,
    async stop() {
      child.kill("SIGTERM");
      await gone;
    },
  };
}
