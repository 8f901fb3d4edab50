/**
 * The cluster as the scheduler knows it: nodes, pods that stand on them (bound or assumed), and the batch
 * call that places more. Every event changes the module's memory by what is new, nothing is counted twice.
 */
import { assert } from "#apimachinery/assert.ts";
import type { Selector } from "#apimachinery/labels.ts";
import type { Node, Pod } from "#gen/api/core/v1.ts";
import { H_EPOCH, H_SEED, HEADER } from "#gen/scheduler-abi.ts";
import { effectBytes, type PodClass, PodClasses, writeEffects } from "./classes.ts";
import { type Core, openCore } from "./core.ts";
import { Counters } from "./counters.ts";
import { Images } from "./images.ts";
import { type LabelSet, LabelSets } from "./label-sets.ts";
import { type NodeFacts, nodeFacts } from "./node-facts.ts";
import { NodeFilters } from "./node-filter.ts";
import { NodeTable } from "./node-table.ts";
import { pinnedName } from "./pin.ts";
import { type PodShape, PodShapes } from "./pod-shape.ts";
import type { Labels } from "./predicate.ts";

/** A pod on a node; `slot` is -1 while the node is unknown. */
interface PlacedPod {
  readonly priority: number;
  readonly nodeName: string;
  readonly shape: PodShape;
  readonly labelSet: LabelSet;
  slot: number;
  live: boolean;
  assumed: boolean;
}

export interface CacheOptions {
  /** Parts equals; a run with the same seed and events decides the same. */
  readonly seed: number;
  /** Another build of the module, for tests. */
  readonly module?: WebAssembly.Module | undefined;
  /** The system default spread selector of a pod, from Services and its owner. */
  readonly defaultSelector?: ((pod: Pod) => Selector | undefined) | undefined;
}

/** What a pod is to the module. */
export interface Encoded {
  readonly cls: PodClass;
  readonly shape: PodShape;
  readonly labelSet: LabelSet;
  /** Slot of the one node it may go to; -1 any; -2 a node that does not exist. */
  readonly pin: number;
}

/** Pods a call at most. */
export const batchMax = 1024;
/** A slot that no cluster has: the module refuses it. */
const nowhere = 2 ** 30;

export function podKey(pod: Pod): string {
  return `${pod.metadata.namespace ?? ""}/${pod.metadata.name}`;
}

export class SchedulerCache {
  readonly core: Core;
  readonly nodes: NodeTable;
  readonly #options: CacheOptions;
  readonly #labelSets = new LabelSets();
  readonly #counters: Counters;
  readonly #filters: NodeFilters;
  readonly #images: Images;
  readonly #shapes: PodShapes;
  readonly #classes: PodClasses;
  readonly #pods = new Map<string, PlacedPod>();
  /** Priority -> pods of it on nodes. */
  readonly #priorities = new Map<number, number>();
  readonly #byNode = new Map<string, Set<PlacedPod>>();
  readonly #batch: number;
  readonly #results: number;
  #effects: { address: number; bytes: number };

  constructor(options: CacheOptions) {
    this.#options = options;
    this.core = openCore(options.module);
    const { arena, calls } = this.core;
    arena.set(HEADER + H_SEED, options.seed | 0);
    arena.set(HEADER + H_EPOCH, 1);
    this.nodes = new NodeTable(arena);
    this.#counters = new Counters(this.core, this.nodes, this.#labelSets);
    this.#filters = new NodeFilters(arena, this.nodes);
    this.#images = new Images(arena, this.nodes);
    this.#shapes = new PodShapes(this.nodes, this.#counters, this.#labelSets);
    this.#classes = new PodClasses({
      arena,
      nodes: this.nodes,
      labelSets: this.#labelSets,
      counters: this.#counters,
      filters: this.#filters,
      shapes: this.#shapes,
      images: this.#images,
    });
    this.#labelSets.onRecount = (counter, slot, delta) => calls.count(counter, slot, delta);
    this.#batch = arena.allocate(batchMax * 8);
    this.#results = arena.allocate(batchMax * 4);
    this.#effects = { address: arena.allocate(1024), bytes: 1024 };
  }

  /** Of the pods on nodes; Infinity without any. */
  get lowestPriority(): number {
    return Math.min(...this.#priorities.keys());
  }

  get podCount(): number {
    return this.#pods.size;
  }

  get classCount(): number {
    return this.#classes.size;
  }

  setNode(node: Node): void {
    const facts = nodeFacts(node);
    this.#filters.meet(facts.taints);
    const known = this.nodes.slotOf(facts.name);
    const slot = known ?? this.nodes.place(facts.name);
    this.#rewrite(slot, facts);
    if (known !== undefined) return;
    for (const pod of this.#byNode.get(facts.name) ?? []) this.#enter(pod, slot);
  }

  removeNode(name: string): void {
    const slot = this.nodes.slotOf(name);
    if (slot === undefined) return;
    for (const pod of this.#byNode.get(name) ?? []) this.#leave(pod);
    this.nodes.release(name);
    this.#rewrite(slot, undefined);
  }

  #rewrite(slot: number, facts: NodeFacts | undefined): void {
    const before = this.nodes.factsOf(slot);
    this.core.calls.beforeNode(slot);
    this.nodes.write(slot, facts);
    this.core.calls.afterNode(slot);
    const images = this.#images.change(before, facts);
    if (images || (before === undefined) !== (facts === undefined)) this.#classes.imagesChanged();
  }

  setNamespace(name: string, labels: Labels | undefined): void {
    this.#labelSets.setNamespace(name, labels ?? {});
  }

  /** A pod that the API shows as bound and not finished. Confirms an assumed one. */
  setPod(pod: Pod): void {
    const key = podKey(pod);
    const nodeName = pod.spec.nodeName ?? "";
    const shape = this.#shapes.intern(withoutNodeName(pod));
    const interned = () =>
      this.#labelSets.intern(pod.metadata.namespace ?? "", pod.metadata.labels);
    const live = pod.metadata.deletionTimestamp === undefined;
    const known = this.#pods.get(key);
    if (
      known !== undefined &&
      known.nodeName === nodeName &&
      known.shape === shape &&
      known.labelSet === interned() &&
      known.live === live
    ) {
      known.assumed = false;
      return;
    }
    if (known !== undefined) this.removePod(key);
    const priority = pod.spec.priority ?? 0;
    // Interned after the removal, which forgets a label set that nobody uses any more.
    const labelSet = interned();
    const placed = { priority, nodeName, shape, labelSet, slot: -1, live, assumed: false };
    this.#remember(key, placed);
    const slot = this.nodes.slotOf(nodeName);
    if (slot !== undefined) this.#enter(placed, slot);
  }

  removePod(key: string): void {
    const placed = this.#pods.get(key);
    if (placed === undefined) return;
    this.#leave(placed);
    this.#pods.delete(key);
    this.#countPriority(placed.priority, -1);
    const there = this.#byNode.get(placed.nodeName);
    there?.delete(placed);
    if (there?.size === 0) this.#byNode.delete(placed.nodeName);
    this.#labelSets.release(placed.labelSet);
  }

  has(key: string): boolean {
    return this.#pods.has(key);
  }

  isAssumed(key: string): boolean {
    return this.#pods.get(key)?.assumed ?? false;
  }

  /**
   * What the pods are to the module, good until the next event or batch. A pod may bring a selector that
   * counts the others of the batch, so all are encoded again until nothing new turns up.
   */
  encode(pods: readonly Pod[]): Encoded[] {
    this.#classes.beginBatch();
    for (;;) {
      const before = this.#knowledge();
      const encoded = pods.map((pod) => this.#encode(pod));
      if (this.#knowledge() === before) return encoded;
    }
  }

  /** Changes whenever a class found before may be another now. */
  #knowledge(): string {
    return `${this.#counters.size} ${this.#shapes.termCount} ${this.#classes.generation}`;
  }

  #encode(pod: Pod): Encoded {
    const shape = this.#shapes.intern(pod);
    const labelSet = this.#labelSets.intern(pod.metadata.namespace ?? "", pod.metadata.labels);
    const own = (pod.spec.topologySpreadConstraints ?? []).length > 0;
    const defaultSelector = own ? undefined : this.#options.defaultSelector?.(pod);
    const name = pinnedName(pod.spec);
    const pin = name === undefined ? -1 : (this.nodes.slotOf(name) ?? nowhere);
    return { cls: this.#classes.find({ shape, labelSet, defaultSelector }), shape, labelSet, pin };
  }

  /**
   * Places pods in order, each seeing those before it; `placed` hears the slot. Stops at the first that fits
   * nowhere and returns its index, with the cluster as that pod saw it; else how many there were.
   */
  schedule(pods: readonly Encoded[], placed: (index: number, slot: number) => void): number {
    const { arena, calls } = this.core;
    assert(pods.length <= batchMax, "a batch fits its buffer");
    pods.forEach(({ cls, pin }, index) => {
      arena.set(this.#batch + index * 8, cls.address);
      arena.set(this.#batch + index * 8 + 4, pin);
    });
    const done = calls.schedule(this.#batch, this.#results, pods.length);
    for (let index = 0; index < done; index++) placed(index, arena.get(this.#results + index * 4));
    return done;
  }

  /** Notes what `schedule` already did in the module: the pod stands on the node until told otherwise. */
  assume(pod: Pod, { shape, labelSet }: Encoded, slot: number): void {
    const nodeName = this.nodes.nameOf(slot);
    const priority = pod.spec.priority ?? 0;
    const placed = { priority, nodeName, shape, labelSet, slot, live: true, assumed: true };
    const key = podKey(pod);
    this.#remember(key, placed);
    countPlaced(placed, slot, 1);
  }

  #remember(key: string, placed: PlacedPod): void {
    placed.labelSet.users++;
    this.#countPriority(placed.priority, 1);
    this.#pods.set(key, placed);
    const there = this.#byNode.get(placed.nodeName);
    if (there === undefined) this.#byNode.set(placed.nodeName, new Set([placed]));
    else there.add(placed);
  }

  #countPriority(priority: number, change: number): void {
    const pods = (this.#priorities.get(priority) ?? 0) + change;
    if (pods === 0) this.#priorities.delete(priority);
    else this.#priorities.set(priority, pods);
  }

  #enter(pod: PlacedPod, slot: number): void {
    this.#apply(pod, slot, 1);
    pod.slot = slot;
  }

  #leave(pod: PlacedPod): void {
    if (pod.slot < 0) return;
    this.#apply(pod, pod.slot, -1);
    pod.slot = -1;
  }

  #apply(pod: PlacedPod, slot: number, sign: 1 | -1): void {
    const { arena, calls } = this.core;
    const bytes = effectBytes(pod.shape, pod.labelSet);
    if (bytes > this.#effects.bytes) {
      arena.free(this.#effects.address, this.#effects.bytes);
      this.#effects = { address: arena.allocate(bytes * 2), bytes: bytes * 2 };
    }
    writeEffects(arena, this.#effects.address, pod);
    calls.apply(this.#effects.address, slot, sign);
    countPlaced(pod, slot, sign);
  }
}

function countPlaced({ labelSet, live }: PlacedPod, slot: number, sign: 1 | -1): void {
  const there = labelSet.placed.get(slot) ?? { pods: 0, live: 0 };
  there.pods += sign;
  if (live) there.live += sign;
  if (there.pods === 0) labelSet.placed.delete(slot);
  else labelSet.placed.set(slot, there);
}

/** Pods of one template share a shape wherever they stand. */
function withoutNodeName(pod: Pod): Pod {
  return { ...pod, spec: { ...pod.spec, nodeName: undefined } };
}
