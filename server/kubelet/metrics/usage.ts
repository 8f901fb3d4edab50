/** What pods and their machine use now, as the runtime and the kernel tell it. */
import { readFile } from "node:fs/promises";
import os from "node:os";
import type { Pod } from "#gen/api/core/v1.ts";
import type { ContainerUsage, CriRuntime } from "#kubelet/cri/runtime.ts";

export interface NodeUsage {
  /** Milliseconds. */
  readonly time: number;
  readonly startedAt: number;
  /** Since the machine's start, all cores together. */
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
  readonly memoryAvailableBytes: number;
}

export interface PodUsage {
  readonly pod: Pod;
  readonly containers: readonly ContainerUsage[];
}

export interface Usage {
  readonly node: NodeUsage;
  readonly pods: readonly PodUsage[];
}

/** Linux counts CPU time in hundredths for everybody, whatever the kernel's own tick. */
const ticksPerSecond = 100;

/** user, nice, system, irq, softirq and steal of /proc/stat's first line. */
export function cpuSeconds(stat: string): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = stat
    .split("\n", 1)[0]
    ?.split(/\s+/)
    .map(Number) ?? [0];
  return (user + nice + system + irq + softirq + steal) / ticksPerSecond;
}

async function nodeUsage(now: number): Promise<NodeUsage> {
  const stat = await readFile("/proc/stat", "utf8").catch(() => "");
  const meminfo = await readFile("/proc/meminfo", "utf8").catch(() => "");
  const told = /^MemAvailable:\s+(\d+) kB/m.exec(meminfo)?.[1];
  const available = told === undefined ? os.freemem() : Number(told) * 1024;
  return {
    time: now,
    startedAt: now - os.uptime() * 1000,
    cpuSeconds: stat === "" ? 0 : cpuSeconds(stat),
    memoryBytes: os.totalmem() - available,
    memoryAvailableBytes: available,
  };
}

/** Throws RuntimeError. */
export async function usageOf(
  runtime: CriRuntime,
  pods: readonly Pod[],
  now: number,
): Promise<Usage> {
  const containers = await runtime.usage();
  return {
    node: await nodeUsage(now),
    pods: pods.map((pod) => ({
      pod,
      containers: containers.filter(({ podUid }) => podUid === pod.metadata.uid),
    })),
  };
}
