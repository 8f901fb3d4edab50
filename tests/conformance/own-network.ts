/**
 * A network of its own for a cluster with real containers: its bridge, its services' rules and its host ports meet
 * nobody else's. Needs root; everything in it goes with the last process that runs in it.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import process from "node:process";

const launcher = join(import.meta.dirname, "../../server/cli/launcher.mjs");
const marker = "KUBUN_CONFORMANCE_NETWORK";
/** Of the documentation's range: no machine has it. */
export const nodeAddress = "192.0.2.77";

export const isInside = (): boolean => process.env[marker] !== undefined;

/** Runs this program again inside; its exit code. */
export function runInside(args: readonly string[]): number {
  const again = ["node", launcher, "run", "tests/conformance/main.ts", ...args];
  const env = { ...process.env, [marker]: "own" };
  const { status } = spawnSync("unshare", ["--net", "--", ...again], { env, stdio: "inherit" });
  return status ?? 1;
}

/** One interface with an address: what leads out leads nowhere. */
export function setUpNetwork(): void {
  const ip = (...args: readonly string[]): void => {
    execFileSync("ip", args);
  };
  ip("link", "set", "lo", "up");
  ip("link", "add", "host0", "type", "veth", "peer", "name", "host1");
  ip("address", "add", `${nodeAddress}/24`, "dev", "host0");
  ip("link", "set", "host0", "up");
  ip("link", "set", "host1", "up");
  ip("route", "add", "default", "dev", "host0");
  execFileSync("sysctl", ["-qw", "net.ipv4.ip_forward=1"]);
}
