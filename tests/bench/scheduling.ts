/**
 * Scheduling without the API: queue, encoding, the module, assuming. Every node is considered for every pod.
 * Node and pod counts are those of upstream's scheduler_perf cases of the same names.
 */
import { createHash } from "node:crypto";
import { SchedulerCache } from "#scheduler/cache.ts";
import { type QueuedPod, SchedulingQueue } from "#scheduler/queue.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import type { Bench } from "./main.ts";
import { benchNode, benchSchedulingPod, type Shape } from "./scheduling-objects.ts";

export interface SchedulingCase {
  readonly shape: Shape;
  readonly nodes: number;
  /** Placed before the clock runs. */
  readonly initPods: number;
  readonly pods: number;
}

export interface SchedulingResult {
  readonly bound: number;
  readonly decisionsPerSecond: number;
  /** Longest time that one batch held the thread, in milliseconds. */
  readonly longestBatch: number;
  /** Of every placement, in order. */
  readonly hash: string;
}

const batch = 256;

/** Places `count` pods; hears each placement. Pods that fit nowhere are dropped. */
function place(
  cache: SchedulerCache,
  queue: SchedulingQueue,
  placed: (name: string, slot: number) => void,
): { longestBatch: number } {
  let longestBatch = 0;
  for (;;) {
    const start = performance.now();
    const queued: QueuedPod[] = [];
    for (let next = queue.pop(0); next !== undefined; next = queue.pop(0)) {
      queued.push(next);
      if (queued.length === batch) break;
    }
    if (queued.length === 0) return { longestBatch };
    const encoded = cache.encode(queued.map(({ pod }) => pod));
    for (let first = 0; first < queued.length; ) {
      const rest = encoded.slice(first);
      const done = cache.schedule(rest, (index, slot) => {
        const [pod, what] = [queued[first + index]?.pod, rest[index]];
        if (pod === undefined || what === undefined) return;
        cache.assume(pod, what, slot);
        placed(pod.metadata.name, slot);
      });
      first += done + 1;
    }
    longestBatch = Math.max(longestBatch, performance.now() - start);
  }
}

function enqueue(queue: SchedulingQueue, shape: Shape, from: number, count: number): void {
  for (let index = from; index < from + count; index++) {
    const pod = benchSchedulingPod(shape, index);
    queue.set(`load/${pod.metadata.name}`, pod);
  }
}

export function runSchedulingCase({
  shape,
  nodes,
  initPods,
  pods,
}: SchedulingCase): SchedulingResult {
  const cache = new SchedulerCache({ seed: 1 });
  for (let index = 0; index < nodes; index++) cache.setNode(benchNode(index));
  const queue = new SchedulingQueue();
  enqueue(queue, shape, 0, initPods);
  place(cache, queue, () => {});
  enqueue(queue, shape, initPods, pods);
  const hash = createHash("sha256");
  const placements: string[] = [];
  const start = performance.now();
  const { longestBatch } = place(cache, queue, (name, slot) => placements.push(`${name} ${slot}`));
  const seconds = (performance.now() - start) / 1000;
  return {
    bound: placements.length,
    decisionsPerSecond: pods / seconds,
    longestBatch,
    hash: hash.update(placements.join("\n")).digest("hex").slice(0, 16),
  };
}

const cases: readonly SchedulingCase[] = [
  { shape: "basic", nodes: 5000, initPods: 1000, pods: 50_000 },
  { shape: "spread", nodes: 5000, initPods: 5000, pods: 20_000 },
  { shape: "hardspread", nodes: 5000, initPods: 5000, pods: 20_000 },
  { shape: "antiaffinity", nodes: 5000, initPods: 1000, pods: 4000 },
  { shape: "affinity", nodes: 5000, initPods: 5000, pods: 20_000 },
];

export async function benchScheduling(
  print: (line: string) => void,
  sizes: readonly SchedulingCase[] = cases,
): Promise<void> {
  await buildWasm();
  for (const size of sizes) {
    const { bound, decisionsPerSecond, longestBatch, hash } = runSchedulingCase(size);
    const rate = Math.round(decisionsPerSecond).toLocaleString("en").padStart(9);
    const did = `${bound} of ${size.pods} pods bound, ${size.nodes} nodes scored for each`;
    print(
      `${size.shape.padEnd(13)}${rate} decisions/s   ${did}, ${size.initPods} pods before, longest batch ${longestBatch.toFixed(1)} ms, hash ${hash}`,
    );
  }
}

export const scheduling: Bench = {
  name: "scheduling",
  run: (print) => benchScheduling(print),
};
