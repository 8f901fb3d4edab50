/** Facts about this machine, out of /proc, /etc and the file system. */
import { readFile, statfs } from "node:fs/promises";
import os from "node:os";
import type { Reserves } from "./eviction/pressure.ts";
import type { MachineFacts } from "./node-status.ts";

/** Upstream's default. */
const podsMaxDefault = 110;
/** Below this much the node says so, the scheduler avoids it, and pods are evicted. */
const memoryAvailableBytesMin = 100 * 1024 * 1024;
/** A developer's disk is often nearly full: half of upstream's 10 % is pressure enough. */
const diskAvailableShareMin = 0.05;
/** On a large disk less than that share is plenty still; bytes. */
const diskAvailableBytesMin = 1024 ** 3;

const goArchitectures: Readonly<Record<string, string>> = { x64: "amd64", ia32: "386" };

async function text(path: string): Promise<string> {
  return (await readFile(path, "utf8").catch(() => "")).trim();
}

export async function machineFacts(dataDir: string): Promise<MachineFacts> {
  const disk = await statfs(dataDir);
  const release = await text("/etc/os-release");
  const pretty = /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(release)?.[1];
  const machineId = await text("/etc/machine-id");
  const uuid = await text("/sys/class/dmi/id/product_uuid");
  return {
    cpus: os.availableParallelism(),
    memoryBytes: os.totalmem(),
    storageBytes: disk.blocks * disk.bsize,
    podsMax: podsMaxDefault,
    architecture: goArchitectures[os.arch()] ?? os.arch(),
    kernelVersion: os.release(),
    osImage: pretty ?? os.type(),
    machineId,
    systemUuid: uuid === "" ? machineId : uuid.toLowerCase(),
    bootId: await text("/proc/sys/kernel/random/boot_id"),
  };
}

export async function machineReserves(dataDir: string): Promise<Reserves> {
  const available = /^MemAvailable:\s+(\d+) kB/m.exec(await text("/proc/meminfo"))?.[1];
  const bytes = available === undefined ? os.freemem() : Number(available) * 1024;
  const disk = await statfs(dataDir);
  const size = disk.blocks * disk.bsize;
  return {
    memory: { available: bytes, threshold: memoryAvailableBytesMin },
    disk: {
      available: disk.bavail * disk.bsize,
      threshold: Math.min(size * diskAvailableShareMin, diskAvailableBytesMin),
    },
  };
}

/** The addresses by which others reach this machine; loopback when it has none. */
export function machineAddresses(): readonly string[] {
  const all = Object.values(os.networkInterfaces()).flatMap((list) => list ?? []);
  const ipv4 = all.filter(({ family, internal }) => family === "IPv4" && !internal);
  const first = ipv4.map(({ address }) => address)[0];
  return [first ?? "127.0.0.1"];
}

/** A machine that simulated nodes pretend to be. */
export const simulatedMachine: MachineFacts = {
  cpus: 32,
  memoryBytes: 256 * 1024 ** 3,
  storageBytes: 1024 ** 4,
  podsMax: podsMaxDefault,
  architecture: "amd64",
  kernelVersion: "",
  osImage: "simulated",
  machineId: "",
  systemUuid: "",
  bootId: "",
};
