/** Second and later `kubun up`: time to the API's first answer and to the first pod Running; memory when idle. */
import { readFileSync } from "node:fs";
import { configmaps, pods } from "#gen/api/core/v1.ts";
import { temporaryDataDir } from "#tests/support/data-dir.ts";
import { freePort } from "#tests/support/free-port.ts";
import { family, proportionalBytes } from "#tests/support/process-memory.ts";
import { missingForContainers, removeContainerd } from "../kubelet/containers.ts";
import { kubun } from "../support/cluster.ts";
import { busyboxArchive, busyboxImage } from "../support/images.ts";
import { adminClient, pause, startUp } from "./kubun-up.ts";
import type { Bench } from "./main.ts";

const mebibyte = 1024 * 1024;
const pollMilliseconds = 10;
const fillWriters = 64;

export interface StartSize {
  readonly runtime: "containerd" | "simulated";
  /** Starts that are measured, beside the first. */
  readonly starts: number;
  readonly idleMilliseconds: number;
  /** That the store holds at the last start, which is measured apart. */
  readonly objects: number;
}

export interface StartFigures {
  /** Milliseconds from the command to each. */
  readonly api: readonly number[];
  readonly pod: readonly number[];
  /** Bytes by what they belong to; pages shared among processes are counted once. */
  readonly memory: ReadonlyMap<string, number>;
  /** Milliseconds until the API is ready again, with StartSize.objects in the store. */
  readonly loaded: number;
}

function memoryOf(root: number): ReadonlyMap<string, number> {
  const total = new Map<string, number>();
  for (const pid of family(root)) {
    const command = readFileSync(`/proc/${pid}/cmdline`, "utf8");
    const program = command.split("\0")[0] ?? "";
    const name = program.includes("postgres")
      ? "Postgres"
      : pid === root
        ? "launcher"
        : "API server, controllers, scheduler, agent";
    total.set(name, (total.get(name) ?? 0) + proportionalBytes(pid));
  }
  return total;
}

/** A pod is asked for as soon as the API answers; resolves when the node says that it runs. */
async function firstPod(dataDir: string, name: string): Promise<void> {
  const client = adminClient(dataDir);
  const containers = [{ name: "c", image: busyboxImage, command: ["sleep", "1000000"] }];
  for (;;) {
    const spec = { terminationGracePeriodSeconds: 0, containers };
    const made = client.create(pods, "default", { metadata: { name }, spec });
    // At the very first start the namespace's service account comes from a controller.
    if (await made.then(() => true).catch(() => false)) break;
    await pause(pollMilliseconds);
  }
  while ((await client.get(pods, "default", name)).status.phase !== "Running") {
    await pause(pollMilliseconds);
  }
}

async function forget(dataDir: string, name: string): Promise<void> {
  const client = adminClient(dataDir);
  await client.delete(pods, "default", name, { gracePeriodSeconds: 0 });
  while ((await client.list(pods)).items.length > 0) await pause(pollMilliseconds);
}

/** Two in five are pods that nobody schedules, the others ConfigMaps of 1 KB. */
async function fill(dataDir: string, objects: number): Promise<void> {
  const client = adminClient(dataDir);
  const data = { text: "x".repeat(1024) };
  let next = 0;
  const writer = async (): Promise<void> => {
    for (let at = next++; at < objects; at = next++) {
      const metadata = { name: `o${at}` };
      if (at % 5 > 1) {
        await client.create(configmaps, "default", { metadata, data });
        continue;
      }
      const containers = [{ name: "c", image: busyboxImage }];
      await client.create(pods, "default", {
        metadata,
        spec: { schedulerName: "nobody", containers },
      });
    }
  };
  await Promise.all(Array.from({ length: fillWriters }, writer));
}

async function measureLoadedStart(
  dataDir: string,
  port: number,
  { runtime, objects }: StartSize,
): Promise<number> {
  const before = await startUp(dataDir, port, ["--runtime", runtime]);
  try {
    await fill(dataDir, objects);
  } finally {
    await before.stop();
  }
  const loaded = await startUp(dataDir, port, ["--runtime", runtime]);
  await loaded.stop();
  return loaded.api;
}

export async function measureStarts(size: StartSize): Promise<StartFigures> {
  const dataDir = temporaryDataDir();
  const port = await freePort();
  const api: number[] = [];
  const pod: number[] = [];
  let memory: ReadonlyMap<string, number> = new Map();
  let loaded = 0;
  try {
    for (let round = 0; round <= size.starts; round++) {
      const began = performance.now();
      const started = await startUp(dataDir, port, ["--runtime", size.runtime]);
      try {
        const first = round === 0;
        if (first && size.runtime === "containerd") await importBusybox(dataDir);
        await firstPod(dataDir, `p${round}`);
        if (!first) {
          api.push(started.api);
          pod.push(performance.now() - began);
        }
        await forget(dataDir, `p${round}`);
        if (round === size.starts) {
          await pause(size.idleMilliseconds);
          memory = memoryOf(started.pid);
        }
      } finally {
        await started.stop();
      }
    }
    loaded = await measureLoadedStart(dataDir, port, size);
  } finally {
    await removeContainerd(dataDir);
  }
  return { api, pod, memory, loaded };
}

/** The node, and its containerd with it, comes up behind the API. */
async function importBusybox(dataDir: string): Promise<void> {
  const archive = await busyboxArchive();
  const args = ["image", "import", "--data-dir", dataDir, "-"];
  while (kubun(args, archive).code !== 0) await pause(100);
}

const secondsOf = (all: readonly number[]): string =>
  all.map((milliseconds) => (milliseconds / 1000).toFixed(2)).join(", ");

export async function benchStart(size: StartSize, print: (line: string) => void): Promise<void> {
  const { api, pod, memory, loaded } = await measureStarts(size);
  print(`${size.starts} later starts of kubun up, one ${size.runtime} node`);
  print(`API answers after      ${secondsOf(api)} s`);
  print(`first pod Running after ${secondsOf(pod)} s`);
  const parts = [...memory].map(([name, bytes]) => `${name} ${Math.round(bytes / mebibyte)}`);
  const total = [...memory.values()].reduce((sum, bytes) => sum + bytes, 0);
  print(`idle memory ${Math.round(total / mebibyte)} MiB: ${parts.join(", ")}`);
  print(`API answers with ${size.objects} objects in the store after ${secondsOf([loaded])} s`);
}

export const startBench: Bench = {
  name: "start",
  async run(print) {
    const missing = await missingForContainers();
    for (const why of missing) print(`no containers here: ${why}`);
    const runtime = missing.length === 0 ? "containerd" : "simulated";
    await benchStart({ runtime, starts: 3, idleMilliseconds: 10_000, objects: 50_000 }, print);
  },
};
