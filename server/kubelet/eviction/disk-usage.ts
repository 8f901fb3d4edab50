/** What pods hold on the node's disk. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Pod } from "#gen/api/core/v1.ts";
import type { ContainerUsage } from "#kubelet/cri/runtime.ts";
import { podPaths } from "#kubelet/pod-paths.ts";
import type { PodDisk } from "./local-storage.ts";

const run = promisify(execFile);

/** Bytes under a directory, of its own file system; 0: there is none. */
async function bytesUnder(path: string): Promise<number> {
  // What vanishes while it is counted makes du fail, with the sum of the rest.
  const { stdout } = await run("du", ["-skx", path]).catch((error: { stdout?: string }) => ({
    stdout: error.stdout ?? "",
  }));
  return Number(/^\d+/.exec(stdout)?.[0] ?? "0") * 1024;
}

export async function podDisk(
  dataDir: string,
  pod: Pod,
  usage: readonly ContainerUsage[],
): Promise<PodDisk> {
  const { volumes, logs } = podPaths(dataDir, pod);
  const containers = new Map<string, number>();
  for (const { name, diskBytes } of usage)
    containers.set(name, diskBytes + (await bytesUnder(join(logs, name))));
  const emptyDirs = new Map<string, number>();
  for (const { name, emptyDir } of pod.spec.volumes ?? []) {
    if (emptyDir === undefined || emptyDir.medium === "Memory") continue;
    emptyDirs.set(name, await bytesUnder(join(volumes, "kubernetes.io~empty-dir", name)));
  }
  return { containers, emptyDirs };
}
