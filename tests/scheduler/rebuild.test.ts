/**
 * A class's cache is built 64 nodes at a time and kept current one node at a time: whatever happened in between, it
 * decides as one that is built anew.
 */
import { beforeAll, expect, test } from "bun:test";
import type { Pod } from "#gen/api/core/v1.ts";
import { G_NODES, K_EPOCH, K_GROUP_OF, K_GROUPS } from "#gen/scheduler-abi.ts";
import { type Encoded, podKey, SchedulerCache } from "#scheduler/cache.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { Random } from "./random.ts";
import { randomNamespaces, randomNode, randomPod } from "./random-objects.ts";

beforeAll(async () => {
  await buildWasm();
}, 120_000);

class Cluster {
  readonly cache: SchedulerCache;
  readonly #r: Random;
  readonly #pods: Pod[];
  #bound: Pod[] = [];
  #nodes = 0;

  constructor(seed: number) {
    this.#r = new Random(seed);
    this.cache = new SchedulerCache({ seed });
    for (const [name, labels] of Object.entries(randomNamespaces(this.#r)))
      this.cache.setNamespace(name, labels);
    // Often the last node of a block, so that the next comes to one that nobody has looked at.
    for (let left = 64 + this.#r.below(80) * this.#r.below(2); left > 0; left--) this.#addNode();
    this.#pods = Array.from({ length: 6 }, (_, i) => randomPod(this.#r, `p${i}`, ["n1"]));
  }

  #addNode(): void {
    this.cache.setNode(randomNode(this.#r, `n${this.#nodes++}`));
  }

  change(): void {
    const name = `n${this.#r.below(this.#nodes)}`;
    const what = this.#r.below(8);
    if (what === 0) this.#addNode();
    else if (what === 1) this.cache.setNode(randomNode(this.#r, name));
    else if (what === 2) this.cache.removeNode(name);
    else if (what === 3) this.cache.nominate(randomPod(this.#r, `x${this.#r.below(5)}`, []), name);
    else if (what === 4) {
      for (const pod of this.#bound) this.cache.removePod(podKey(pod));
      this.#bound = [];
    } else {
      const pod = randomPod(this.#r, `b${this.#r.below(1000)}`, []);
      const bound = { ...pod, spec: { ...pod.spec, nodeName: name } };
      this.#bound.push(bound);
      this.cache.setPod(bound);
    }
  }

  encode(): Encoded[] {
    return this.cache.encode(this.#pods);
  }

  choose({ cls }: Encoded): number {
    return this.cache.core.calls.choose(cls.address, -1);
  }

  /** Of a class without features: it has one group. */
  members({ cls }: Encoded): number {
    const { arena } = this.cache.core;
    if (arena.get(cls.address + K_GROUP_OF) !== 0) return -1;
    return arena.get(arena.get(cls.address + K_GROUPS) + G_NODES);
  }

  forget({ cls }: Encoded): void {
    this.cache.core.arena.set(cls.address + K_EPOCH, 0);
  }
}

test("120 seeds: brought up to date, or built anew", () => {
  let placed = 0;
  for (let seed = 1; seed <= 120; seed++) {
    const cluster = new Cluster(seed);
    for (let round = 0; round < 4; round++) {
      for (const what of cluster.encode()) {
        const found = [cluster.choose(what), cluster.members(what)];
        cluster.forget(what);
        expect([cluster.choose(what), cluster.members(what)]).toEqual(found);
        placed += (found[0] ?? -1) < 0 ? 0 : 1;
      }
      for (let left = 1 + round * 3; left > 0; left--) cluster.change();
    }
  }
  expect(placed).toBeGreaterThan(1000);
}, 120_000);
