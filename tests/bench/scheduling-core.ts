/**
 * Scheduling without the API: queue, encoding, the module, assuming. Every node is considered for every pod.
 */
import { createHash } from "node:crypto";
import process from "node:process";
import { podKey, SchedulerCache } from "#scheduler/cache.ts";
import { refusalOf } from "#scheduler/explain.ts";
import { type QueuedPod, SchedulingQueue } from "#scheduler/queue.ts";
import { benchNode, benchPod, type SchedulingCase } from "./scheduling-cases.ts";

export interface CoreResult {
  readonly bound: number;
  readonly decisionsPerSecond: number;
  /** By the processor time of this process: what other work on the machine hardly changes. */
  readonly decisionsPerCpuSecond: number;
  /** Of a call, in milliseconds: the half and the 99th hundredth of them were quicker. */
  readonly p50: number;
  readonly p99: number;
  /** Bytes of the arena. */
  readonly arena: number;
  /** Seconds from nothing to a full arena. */
  readonly startSeconds: number;
  /** Of every placement, in order. */
  readonly hash: string;
}

const batchPods = 256;
const alone = { lone: 1, throughput: batchPods, preemption: 1, cold: batchPods };

class Run {
  readonly cache = new SchedulerCache({ seed: 1 });
  readonly queue = new SchedulingQueue();
  /** Key and slot of each, by turns. */
  readonly placements: (string | number)[] = [];
  readonly calls: number[] = [];
  readonly #size: SchedulingCase;
  #churned = 0;
  #serial = 0;

  constructor(size: SchedulingCase) {
    this.#size = size;
    for (let index = 0; index < size.namespaces; index++)
      this.cache.setNamespace(`bench-${index}`, { team: "devops" });
    for (let index = 0; index < size.nodes; index++) this.cache.setNode(benchNode(index));
  }

  /** Pods that stand already, as informers would tell of them. */
  fill(): void {
    const [count] = this.#size.init;
    for (let index = 0; index < count; index++) {
      const pod = benchPod(this.#size, "init", index);
      const nodeName = benchNode(index % this.#size.nodes).metadata.name;
      this.cache.setPod({ ...pod, spec: { ...pod.spec, nodeName } });
    }
  }

  enqueue(what: "init" | "pods", from: number, count: number): void {
    for (let index = from; index < from + count; index++) {
      // As an informer hands it over: nothing of it is shared with another pod.
      const pod = structuredClone(benchPod(this.#size, what, index));
      this.queue.set(podKey(pod), pod);
    }
  }

  /** Empties the queue, `pods` a call. Those that fit nowhere make room for themselves or are dropped. */
  drain(pods: number): void {
    for (;;) {
      const start = performance.now();
      const queued: QueuedPod[] = [];
      for (let next = this.queue.pop(0); next !== undefined; next = this.queue.pop(0)) {
        queued.push(next);
        if (queued.length === pods) break;
      }
      if (queued.length === 0) return;
      this.#place(queued);
      this.calls.push(performance.now() - start);
      this.#churn(queued.length);
    }
  }

  #place(queued: readonly QueuedPod[]): void {
    const { cache, placements } = this;
    const encoded = cache.encode(queued.map(({ pod }) => pod));
    for (let first = 0; first < queued.length; ) {
      const rest = first === 0 ? encoded : encoded.slice(first);
      const done = cache.schedule(rest, (index, slot) => {
        const what = rest[index];
        const next = queued[first + index];
        if (next === undefined || what === undefined) return;
        const { pod, key } = next;
        cache.assume(pod, what, slot, key);
        placements.push(key, slot);
      });
      const refused = queued[first + done];
      if (refused !== undefined && this.#size.form === "preemption") this.#preempt(refused);
      first += done + 1;
    }
  }

  /** Decides on victims, lets them go, and places the pod where they were. */
  #preempt({ pod }: QueuedPod): void {
    const { cache } = this;
    const [encoded] = cache.encode([pod]);
    if (encoded === undefined) return;
    const { preemption } = refusalOf(cache, encoded, { pod, eligible: () => undefined });
    if (preemption === undefined) return;
    for (const key of preemption.victims) cache.removePod(key);
    cache.schedule([{ ...encoded, pin: preemption.slot }], (_, slot) => {
      cache.assume(pod, encoded, slot);
      this.placements.push(podKey(pod), slot);
    });
  }

  /** Nodes change and pods go, in the case's proportion to those placed. */
  #churn(placed: number): void {
    const { churn, nodes } = this.#size;
    if (churn === undefined) return;
    for (let left = Math.round(placed * churn.nodes); left > 0; left--) {
      const serial = ++this.#serial;
      this.cache.setNode(benchNode((serial * 7919) % nodes, serial % 5));
    }
    for (let left = Math.round(placed * churn.deletions); left > 0; left--) {
      const key = this.placements[2 * this.#churned++];
      if (typeof key === "string") this.cache.removePod(key);
    }
  }
}

function part(sorted: readonly number[], share: number): number {
  return sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
}

/** One "key slot" a line. */
function hashed(placements: readonly (string | number)[]): string {
  const lines: string[] = [];
  for (let i = 0; i < placements.length; i += 2)
    lines.push(`${placements[i]} ${placements[i + 1]}`);
  return lines.join("\n");
}

export function runCore(size: SchedulingCase): CoreResult {
  const begun = performance.now();
  const run = new Run(size);
  const [init] = size.init;
  if (size.form === "cold" || size.form === "preemption") run.fill();
  else {
    run.enqueue("init", 0, init);
    run.drain(batchPods);
  }
  const startSeconds = (performance.now() - begun) / 1000;
  const [count] = size.pods;
  // Code is compiled and classes are built before the clock runs.
  const warm = size.form === "lone" ? Math.min(500, Math.floor(count / 5)) : 0;
  run.enqueue("pods", 0, warm);
  run.drain(alone[size.form]);
  run.placements.length = 0;
  run.calls.length = 0;
  run.enqueue("pods", warm, count - warm);
  const start = performance.now();
  const used = process.cpuUsage();
  run.drain(alone[size.form]);
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - start) / 1000;
  const calls = run.calls.toSorted((a, b) => a - b);
  return {
    bound: run.placements.length / 2,
    decisionsPerSecond: (count - warm) / seconds,
    decisionsPerCpuSecond: ((count - warm) * 1e6) / (user + system),
    p50: part(calls, 0.5),
    p99: part(calls, 0.99),
    arena: run.cache.core.arena.bytes,
    startSeconds,
    hash: createHash("sha256").update(hashed(run.placements)).digest("hex").slice(0, 16),
  };
}
