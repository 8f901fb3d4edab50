/**
 * The module's calls, one by one, with slots, signs, pins and counts that make no sense, amounts that are no
 * numbers, and the calls in any order: it never traps, and what it answers is a slot that holds a node, or -1.
 */
import { beforeAll, expect, test } from "bun:test";
import type { Node, Pod } from "#gen/api/core/v1.ts";
import {
  E_ENTRIES,
  E_NONZERO_CPU,
  E_NONZERO_MEMORY,
  E_REQUESTS,
  H_NONZERO_CPU,
  H_PODS_MAX,
  H_RESOURCES,
  H_SLOTS,
  HEADER,
  K_CPU,
  K_EFFECTS,
  K_FILTER,
  K_MEMORY,
  K_PRIORITY,
} from "#gen/scheduler-abi.ts";
import { type Encoded, podKey, SchedulerCache } from "#scheduler/cache.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import { Random } from "./random.ts";
import { randomBudget, randomNamespaces, randomNode, randomPod } from "./random-objects.ts";

beforeAll(async () => {
  await buildWasm();
}, 120_000);

const slots = [0, 1, 2, 63, 64, -1, -2, 127, 128, 4095, 2 ** 20, 2 ** 30, 2 ** 31 - 1, -(2 ** 31)];
const whole = [0, 1, -1, 2, -2, 1000, 2 ** 31 - 1, -(2 ** 31)];
const doubles = [0, -0, 1, -1, 0.5, 1e308, -1e308, 2 ** 53, Infinity, -Infinity, Number.NaN];

class Fuzz {
  readonly #r: Random;
  readonly #cache: SchedulerCache;
  readonly #nodes = new Map<string, Node>();
  readonly #pods: Pod[] = [];
  #encoded: readonly Encoded[] = [];
  #serial = 0;

  constructor(seed: number) {
    this.#r = new Random(seed);
    this.#cache = new SchedulerCache({ seed, garbageMax: seed % 2 === 0 ? 8 : undefined });
    for (const [name, labels] of Object.entries(randomNamespaces(this.#r)))
      this.#cache.setNamespace(name, labels);
    for (let i = 1 + this.#r.below(90); i > 0; i--) this.#setNode(`n${i}`);
    this.#encode();
  }

  #any<T>(items: readonly T[]): T | undefined {
    return items[this.#r.below(items.length)];
  }

  #number(items: readonly number[]): number {
    return this.#any(items) ?? 0;
  }

  #setNode(name: string): void {
    const node = randomNode(this.#r, name);
    this.#nodes.set(name, node);
    this.#cache.setNode(node);
  }

  #pod(): Pod {
    return randomPod(this.#r, `p${this.#serial++}`, [...this.#nodes.keys()]);
  }

  #encode(): void {
    const pods = Array.from({ length: 1 + this.#r.below(4) }, () => this.#pod());
    this.#encoded = this.#cache.encode(pods);
  }

  /** Events, some of them twice or about what was never there. */
  #live(): void {
    const name = this.#any([...this.#nodes.keys()]) ?? "none";
    const pod = this.#any(this.#pods);
    const what = this.#r.below(8);
    if (what === 0) this.#setNode(`n${this.#r.below(200)}`);
    else if (what === 1) this.#cache.removeNode(this.#r.chance(0.5) ? name : "never");
    else if (what === 2 && pod) this.#cache.removePod(podKey(pod));
    else if (what === 3) this.#cache.budgets.set(randomBudget(this.#r, "b"));
    else if (what === 4) this.#cache.nominate(this.#pod(), name);
    else {
      const placed = this.#pod();
      const bound = { ...placed, spec: { ...placed.spec, nodeName: name } };
      this.#pods.push(bound);
      for (let times = 1 + this.#r.below(2); times > 0; times--) this.#cache.setPod(bound);
    }
    // Addresses are good until the next event.
    this.#encode();
  }

  /** Numbers that no host would write, where the module reads amounts. */
  #scribble(address: number): void {
    const { arena } = this.#cache.core;
    const slot = this.#r.below(arena.get(HEADER + H_SLOTS));
    const effects = arena.get(address + K_EFFECTS);
    const column = arena.get(arena.get(HEADER + H_RESOURCES) + 4 * this.#r.below(4));
    const value = this.#number(doubles);
    const what = this.#r.below(6);
    if (what === 0) arena.setDouble(column + slot * 8, value);
    else if (what === 1) arena.setDouble(arena.get(HEADER + H_NONZERO_CPU) + slot * 8, value);
    else if (what === 2)
      arena.setDouble(effects + this.#number([E_NONZERO_CPU, E_NONZERO_MEMORY]), value);
    else if (what === 3) arena.setDouble(address + this.#number([K_CPU, K_MEMORY]), value);
    else if (what === 4) arena.set(address + K_PRIORITY, this.#number(whole));
    else if (arena.get(effects + E_REQUESTS) > 0) arena.setDouble(effects + E_ENTRIES + 8, value);
    arena.set(arena.get(HEADER + H_PODS_MAX) + slot * 4, this.#number(whole));
  }

  /** One call; what it answers must be a node or none. */
  #call(address: number, effects: number): number {
    const { calls } = this.#cache.core;
    const [slot, pin] = [this.#number(slots), this.#number(slots)];
    const what = this.#r.below(9);
    if (what === 0) calls.apply(effects, slot, this.#number(whole));
    else if (what === 1) calls.count(0, this.#r.chance(0.5) ? -1 : 2 ** 30, this.#number(whole));
    else if (what === 2) calls.beforeNode(slot);
    else if (what === 3) calls.afterNode(slot);
    else if (what === 4) calls.nominated(slot);
    else if (what === 5) calls.explain(address);
    else if (what === 6) calls.place(0, this.#number([-1, 2 ** 30]), 1);
    else if (what === 7) return calls.preempt(address, pin);
    else return calls.choose(address, this.#r.chance(0.5) ? -1 : pin);
    return -1;
  }

  step(): void {
    if (this.#r.chance(0.2)) this.#live();
    const what = this.#any(this.#encoded);
    if (what === undefined) return;
    const { address } = what.cls;
    const { arena } = this.#cache.core;
    expect(arena.get(address + K_FILTER)).toBeGreaterThan(0);
    if (this.#r.chance(0.4)) this.#scribble(address);
    const answer = this.#call(address, arena.get(address + K_EFFECTS));
    if (answer !== -1) expect(this.#cache.nodes.nameOf(answer)).not.toBe("");
    const pinned = this.#encoded.map((one) => ({ ...one, pin: this.#number([-1, ...slots]) }));
    if (!this.#r.chance(0.2)) return;
    this.#cache.schedule(pinned, (_, slot) => expect(this.#cache.nodes.nameOf(slot)).not.toBe(""));
  }
}

test("150 seeds of 60 calls", () => {
  for (let seed = 1; seed <= 150; seed++) {
    const fuzz = new Fuzz(seed);
    for (let i = 0; i < 60; i++) fuzz.step();
  }
}, 600_000);
