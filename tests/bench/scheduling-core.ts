/**
 * Scheduling without the API: queue, encoding, the module, assuming. Every node is considered for every pod.
 */
import { createHash } from "node:crypto";
import process from "node:process";
import type { Pod } from "#gen/api/core/v1.ts";
import { alikeOf } from "#scheduler/alike.ts";
import { podKey, SchedulerCache } from "#scheduler/cache.ts";
import { refusalOf } from "#scheduler/explain.ts";
import { type QueuedPod, SchedulingQueue } from "#scheduler/queue.ts";
import type { StorageSource } from "#scheduler/volume-binding.ts";
import {
  benchNode,
  benchPod,
  nodeName,
  type SchedulingCase,
  updatedPod,
} from "./scheduling-cases.ts";
import { type BoundVolume, benchCsiNode, boundVolume } from "./scheduling-volumes.ts";

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
  /** Of the process. */
  readonly resident: number;
  /** Seconds from nothing to a full arena, and of processor time; objects are at hand. */
  readonly startSeconds: number;
  readonly startCpuSeconds: number;
  /** Of every placement, in order. */
  readonly hash: string;
}

const batchPods = 256;
const alone = {
  ...{ lone: 1, preemption: 1 },
  ...{ throughput: batchPods, events: batchPods, cold: batchPods },
};

/** Objects that are made before they are handed over. */
const turnObjects = 1000;

/** As an informer hands it over: it shares nothing with another object. */
function received<T>(object: T): T {
  return JSON.parse(JSON.stringify(object));
}

class Run {
  readonly cache: SchedulerCache;
  readonly queue = new SchedulingQueue();
  /** Key and slot of each, by turns. */
  readonly placements: (string | number)[] = [];
  readonly calls: number[] = [];
  startMilliseconds = 0;
  startCpuMilliseconds = 0;
  readonly #size: SchedulingCase;
  /** Volume and claim of each pod, by its name. */
  readonly #volumes = new Map<string, BoundVolume>();
  readonly #storage: StorageSource = {
    claim: (_, name) => this.#volumes.get(name)?.claim,
    volume: (name) => this.#volumes.get(name)?.volume,
    volumes: () => [],
    storageClass: () => undefined,
    driver: () => undefined,
    capacities: () => [],
  };
  #churned = 0;
  #serial = 0;

  constructor(size: SchedulingCase) {
    this.#size = size;
    const { service } = size;
    const selector = [{ key: "app", operator: "=" as const, values: [service ?? ""] }];
    const selects = (pod: Pod) =>
      service !== undefined && pod.metadata.labels?.["app"] === service ? selector : undefined;
    this.cache = new SchedulerCache({ seed: 1, defaultSelector: selects, storage: this.#storage });
    for (let index = 0; index < size.namespaces; index++)
      this.cache.setNamespace(`bench-${index}`, { team: "devops" });
    this.#timed(
      size.nodes,
      (index) => received(benchNode(size, index)),
      (node) => this.cache.setNode(node),
    );
    if (size.volumes === undefined) return;
    for (let index = 0; index < size.nodes; index++)
      this.cache.attached.setNode(benchCsiNode(size.volumes, nodeName(index)));
  }

  /** Makes the objects and hands them over, in turns so that few are held; only the latter is timed. */
  #timed<T>(count: number, make: (index: number) => T, take: (object: T) => void): void {
    for (let first = 0; first < count; first += turnObjects) {
      const length = Math.min(turnObjects, count - first);
      const objects = Array.from({ length }, (_, index) => make(first + index));
      const used = process.cpuUsage();
      const start = performance.now();
      for (const object of objects) take(object);
      this.startMilliseconds += performance.now() - start;
      const { user, system } = process.cpuUsage(used);
      this.startCpuMilliseconds += (user + system) / 1000;
    }
  }

  /** Pods that stand already, as informers would tell of them. */
  fill(): void {
    const [count] = this.#size.init;
    const names = Array.from({ length: this.#size.nodes }, (_, at) => nodeName(at));
    const bound = (index: number) => {
      const pod = received(benchPod(this.#size, "init", index));
      return { ...pod, spec: { ...pod.spec, nodeName: names[index % names.length] ?? "" } };
    };
    this.#timed(count, bound, (pod) => this.cache.setPod(pod));
  }

  enqueue(what: "init" | "pods", from: number, count: number): void {
    for (let index = from; index < from + count; index++) {
      const pod = received(benchPod(this.#size, what, index));
      const { volumes } = this.#size;
      const { namespace = "", name } = pod.metadata;
      if (volumes !== undefined) this.#volumes.set(name, boundVolume(volumes, namespace, name));
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
        this.queue.placed(next);
        cache.assume(pod, what, slot, key);
        placements.push(key, slot);
      });
      const refused = queued[first + done];
      const what = encoded[first + done];
      if (refused !== undefined && this.#size.form === "preemption") this.#preempt(refused);
      else if (refused !== undefined && what !== undefined && this.#size.form === "events") {
        const { filters } = refusalOf(cache, what, { pod: refused.pod, eligible: () => null });
        this.queue.refused(refused, filters, alikeOf(refused, what));
      }
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

  /** What the refused pods wait for happens. `slots`: where each blocker stands. */
  letIn(slots: ReadonlyMap<string, number>): void {
    const { cache, queue } = this;
    const size = this.#size;
    for (let index = 0; size.event === "nodeAdd" && index < size.nodes; index++) {
      const node = benchNode(size, size.nodes + index);
      cache.setNode(node);
      queue.move({ kind: "node", node });
    }
    const bound = (pod: Pod, slot: number): Pod => ({
      ...pod,
      spec: { ...pod.spec, nodeName: cache.nodes.nameOf(slot) },
    });
    for (let index = 0; index < size.init[0]; index++) {
      const pod = benchPod(size, "init", index);
      const slot = slots.get(podKey(pod)) ?? -1;
      const before = bound(pod, slot);
      if (size.event === "podDelete") {
        cache.removePod(podKey(pod));
        queue.move({ kind: "pod", before });
        continue;
      }
      const after = bound(updatedPod(size, "init", index), slot);
      cache.setPod(after);
      queue.move({ kind: "pod", before, pod: after });
    }
    for (let index = 0; size.event === "podUpdate" && index < size.pods[0]; index++) {
      const pod = updatedPod(size, "pods", index);
      if (queue.has(podKey(pod))) queue.set(podKey(pod), pod);
    }
  }

  /** Nodes change and pods go, in the case's proportion to those placed. */
  #churn(placed: number): void {
    const { churn, nodes } = this.#size;
    if (churn === undefined) return;
    for (let left = Math.round(placed * churn.nodes); left > 0; left--) {
      const serial = ++this.#serial;
      this.cache.setNode(benchNode(this.#size, (serial * 7919) % nodes, serial % 5));
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

function slotsOf(placements: readonly (string | number)[]): ReadonlyMap<string, number> {
  const slots = new Map<string, number>();
  for (let i = 0; i < placements.length; i += 2)
    slots.set(String(placements[i]), Number(placements[i + 1]));
  return slots;
}

/** One "key slot" a line. */
function hashed(placements: readonly (string | number)[]): string {
  const lines: string[] = [];
  for (let i = 0; i < placements.length; i += 2)
    lines.push(`${placements[i]} ${placements[i + 1]}`);
  return lines.join("\n");
}

export function runCore(size: SchedulingCase): CoreResult {
  const run = new Run(size);
  const [init] = size.init;
  if (size.form === "cold" || size.form === "preemption") run.fill();
  else {
    run.enqueue("init", 0, init);
    run.drain(batchPods);
  }
  const [count] = size.pods;
  // Code is compiled and classes are built before the clock runs.
  const warms = size.form === "lone" ? 500 : size.form === "cold" ? count : 0;
  const warm = Math.min(warms, Math.floor(count / 5));
  run.enqueue("pods", 0, warm);
  run.drain(alone[size.form]);
  const slots = slotsOf(run.placements);
  run.placements.length = 0;
  run.calls.length = 0;
  run.enqueue("pods", warm, count - warm);
  const start = performance.now();
  const used = process.cpuUsage();
  run.drain(alone[size.form]);
  if (size.form === "events") {
    run.letIn(slots);
    run.drain(alone[size.form]);
  }
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
    startSeconds: run.startMilliseconds / 1000,
    startCpuSeconds: run.startCpuMilliseconds / 1000,
    resident: process.memoryUsage().rss,
    hash: createHash("sha256").update(hashed(run.placements)).digest("hex").slice(0, 16),
  };
}
