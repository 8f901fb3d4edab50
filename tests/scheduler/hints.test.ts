/** Queueing hints against the scheduler itself: no event that lets a refused pod in goes unheard. */
import { beforeAll, expect, test } from "bun:test";
import type { Node, Pod } from "#gen/api/core/v1.ts";
import { podKey, SchedulerCache } from "#scheduler/cache.ts";
import { refusalOf } from "#scheduler/explain.ts";
import { prepareEvent } from "#scheduler/hints.ts";
import type { ClusterEvent } from "#scheduler/plugins/plugin.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { Random } from "./random.ts";
import { randomNamespaces, randomNode, randomPod } from "./random-objects.ts";

beforeAll(async () => {
  await buildWasm();
}, 120_000);

const seeds = 150;
const eventsPerCluster = 12;

class World {
  readonly cache: SchedulerCache;
  readonly #r: Random;
  readonly #nodes: Node[] = [];
  #pods: Pod[] = [];
  #serial = 0;

  constructor(seed: number) {
    this.#r = new Random(seed);
    this.cache = new SchedulerCache({ seed });
    this.#relabel();
    for (let i = 2 + this.#r.below(4); i > 0; i--) this.#setNode(randomNode(this.#r, `n${i}`));
    for (let i = 4 + this.#r.below(12); i > 0; i--) {
      const { name } = this.#anyNode().metadata;
      const pod = this.newPod();
      this.#setPod({ ...pod, spec: { ...pod.spec, nodeName: name } });
    }
  }

  newPod(): Pod {
    const names = this.#nodes.map(({ metadata }) => metadata.name);
    return randomPod(this.#r, `p${this.#serial++}`, names);
  }

  #anyNode(): Node {
    const node = this.#nodes[this.#r.below(this.#nodes.length)];
    if (node === undefined) throw new Error("there is a node");
    return node;
  }

  #relabel(): void {
    for (const [name, labels] of Object.entries(randomNamespaces(this.#r)))
      this.cache.setNamespace(name, labels);
  }

  #setNode(node: Node): void {
    const known = this.#nodes.findIndex(({ metadata }) => metadata.name === node.metadata.name);
    if (known < 0) this.#nodes.push(node);
    else this.#nodes[known] = node;
    this.cache.setNode(node);
  }

  #setPod(pod: Pod): void {
    this.#pods = [...this.#pods.filter((one) => podKey(one) !== podKey(pod)), pod];
    this.cache.setPod(pod);
  }

  /** Something happens; what the scheduler would hear of it. */
  disturb(): ClusterEvent {
    const before = this.#anyNode();
    const pod = this.#pods[this.#r.below(this.#pods.length)];
    const what = this.#r.below(pod === undefined ? 3 : 9);
    if (what === 0) {
      const node = randomNode(this.#r, `m${this.#serial++}`);
      this.#setNode(node);
      return { kind: "node", node };
    }
    if (what === 1 || pod === undefined) {
      const node = randomNode(this.#r, before.metadata.name);
      this.#setNode(node);
      return { kind: "node", before, node };
    }
    if (what === 2) {
      this.#relabel();
      return { kind: "namespace" };
    }
    if (what < 5) {
      this.#pods = this.#pods.filter((one) => one !== pod);
      this.cache.removePod(podKey(pod));
      return { kind: "pod", before: pod };
    }
    if (what === 7) {
      const { name: nodeName } = before.metadata;
      const comes = this.newPod();
      const placed = { ...comes, spec: { ...comes.spec, nodeName } };
      this.#setPod(placed);
      return { kind: "pod", pod: placed };
    }
    if (what === 8) {
      const containers = pod.spec.containers.map((one) => ({ ...one, resources: {} }));
      const shrunk = { ...pod, spec: { ...pod.spec, containers } };
      this.#setPod(shrunk);
      return { kind: "pod", before: pod, pod: shrunk };
    }
    const leaving = { ...pod.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
    const { labels } = this.newPod().metadata;
    const metadata = what === 5 ? leaving : { ...pod.metadata, labels };
    const now = { ...pod, metadata };
    this.#setPod(now);
    return { kind: "pod", before: pod, pod: now };
  }

  /** Filters that refuse the pod, as bits; undefined: it fits. */
  refusedBy(pod: Pod): number | undefined {
    const [encoded] = this.cache.encode([pod]);
    if (encoded === undefined) throw new Error("a pod is encoded");
    if (this.cache.core.calls.choose(encoded.cls.address, encoded.pin) >= 0) return undefined;
    return refusalOf(this.cache, encoded, { pod, eligible: () => null }).filters;
  }
}

test("whatever lets a refused pod in wakes it, and much of the rest does not", () => {
  const unheard: string[] = [];
  let helped = 0;
  let spared = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    const world = new World(seed);
    for (let i = 0; i < eventsPerCluster; i++) {
      const pod = world.newPod();
      const filters = world.refusedBy(pod);
      const event = world.disturb();
      if (filters === undefined) continue;
      const wakes = prepareEvent(event)(pod, filters);
      const fits = world.refusedBy(pod) === undefined;
      if (fits) helped++;
      if (!wakes) spared++;
      if (fits && !wakes)
        unheard.push(`seed ${seed}: ${JSON.stringify([filters, event, pod.spec])}`);
    }
  }
  expect(unheard).toEqual([]);
  expect(helped).toBeGreaterThan(20);
  expect(spared).toBeGreaterThan(helped);
}, 120_000);
