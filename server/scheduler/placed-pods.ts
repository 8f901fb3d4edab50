/**
 * Pods on nodes, bound or assumed: found by key, by node and by kind. Each has a record in the module's
 * memory while its node is known; those of a node form a list there, so none is kept here.
 */
import {
  H_FIRST_POD,
  H_PODS,
  HEADER,
  P_HOST,
  P_KIND,
  P_NEXT,
  P_PRIORITY,
  P_START,
  POD_BYTES,
} from "#gen/scheduler-abi.ts";
import type { Attached } from "./attached-volumes.ts";
import type { Core } from "./core.ts";
import type { Kind, Kinds } from "./kinds.ts";
import type { NodeTable } from "./node-table.ts";

/** A pod on a node; `slot` is -1 while the node is unknown. */
export interface PlacedPod {
  readonly key: string;
  readonly priority: number;
  readonly nodeName: string;
  readonly kind: Kind;
  /** Seconds since 1970; Infinity while it has not started. */
  start: number;
  /** Its record in the module's memory while its node is known, else 0. */
  record: number;
  slot: number;
  assumed: boolean;
  /** Its number among those with a record. */
  id: number;
  /** Its place among its kind's. */
  place: number;
}

export class PlacedPods {
  readonly #core: Core;
  readonly #nodes: NodeTable;
  readonly #kinds: Kinds;
  readonly #byKey = new Map<string, PlacedPod>();
  /** By number; a free place is undefined. */
  readonly #numbered: (PlacedPod | undefined)[] = [];
  readonly #freeNumbers: number[] = [];
  /** On nodes that are not known (yet, or any more). */
  readonly #lost = new Map<string, Set<PlacedPod>>();
  /** Priority -> pods of it. */
  readonly #priorities = new Map<number, number>();
  /** Volumes come to a node with a pod, or leave it. */
  onAttached: (volumes: readonly Attached[], nodeName: string, sign: 1 | -1) => void = () => {};
  /** No node ever had more. */
  mostOnNode = 0;

  constructor(core: Core, nodes: NodeTable, kinds: Kinds) {
    this.#core = core;
    this.#nodes = nodes;
    this.#kinds = kinds;
  }

  get size(): number {
    return this.#byKey.size;
  }

  /** Infinity without any. */
  get lowestPriority(): number {
    return Math.min(...this.#priorities.keys());
  }

  get(key: string): PlacedPod | undefined {
    return this.#byKey.get(key);
  }

  /** A new pod, its slot given or looked up. `applied`: the module has already counted it on the node. */
  add(placed: PlacedPod, applied = false): void {
    const { key, priority, kind, nodeName } = placed;
    this.#byKey.set(key, placed);
    kind.labelSet.users++;
    this.#priorities.set(priority, (this.#priorities.get(priority) ?? 0) + 1);
    const slot = applied ? placed.slot : (this.#nodes.slotOf(nodeName) ?? -1);
    if (slot < 0) this.#lose(placed);
    else if (applied) this.#link(placed, slot);
    else this.#enter(placed, slot);
  }

  delete(placed: PlacedPod): void {
    const { key, priority, nodeName } = placed;
    this.#byKey.delete(key);
    const left = (this.#priorities.get(priority) ?? 0) - 1;
    if (left === 0) this.#priorities.delete(priority);
    else this.#priorities.set(priority, left);
    if (placed.slot >= 0) {
      this.#leave(placed);
      return;
    }
    const lost = this.#lost.get(nodeName);
    lost?.delete(placed);
    if (lost?.size === 0) this.#lost.delete(nodeName);
  }

  /** The node stands in the slot now: pods that name it enter. */
  nodeAdded(name: string, slot: number): void {
    const found = this.#lost.get(name) ?? [];
    this.#lost.delete(name);
    for (const placed of found) this.#enter(placed, slot);
  }

  /** The node goes; its pods are remembered for its return. */
  nodeRemoved(slot: number): void {
    for (const placed of this.on(slot)) {
      this.#leave(placed);
      this.#lose(placed);
    }
  }

  /** Takes the pod off its node for a question; `putBack` has to follow. */
  lift(placed: PlacedPod): void {
    this.#leave(placed);
  }

  putBack(placed: PlacedPod, slot: number): void {
    this.#enter(placed, slot);
  }

  /** Pods on the slot's node, least important first. */
  on(slot: number): PlacedPod[] {
    const { arena } = this.#core;
    const found: PlacedPod[] = [];
    let record = arena.get(arena.get(HEADER + H_FIRST_POD) + slot * 4);
    while (record !== 0) {
      const placed = this.#numbered[arena.get(record + P_HOST)];
      if (placed !== undefined) found.push(placed);
      record = arena.get(record + P_NEXT);
    }
    return found;
  }

  /** The pod's importance changed. */
  restart(placed: PlacedPod, start: number): void {
    placed.start = start;
    if (placed.record === 0) return;
    const { arena, calls } = this.#core;
    calls.place(placed.record, placed.slot, -1);
    arena.setDouble(placed.record + P_START, start);
    calls.place(placed.record, placed.slot, 1);
  }

  #lose(placed: PlacedPod): void {
    const lost = this.#lost.get(placed.nodeName);
    if (lost === undefined) this.#lost.set(placed.nodeName, new Set([placed]));
    else lost.add(placed);
  }

  #enter(placed: PlacedPod, slot: number): void {
    this.#core.calls.apply(this.#kinds.effects(placed.kind), slot, 1);
    this.#link(placed, slot);
  }

  #link(placed: PlacedPod, slot: number): void {
    const { arena, calls } = this.#core;
    const { kind } = placed;
    const record = arena.allocate(POD_BYTES);
    const id = this.#freeNumbers.pop() ?? this.#numbered.length;
    this.#numbered[id] = placed;
    placed.id = id;
    placed.slot = slot;
    placed.record = record;
    arena.set(record + P_KIND, kind.address);
    arena.set(record + P_PRIORITY, placed.priority);
    arena.set(record + P_HOST, id);
    arena.setDouble(record + P_START, placed.start);
    calls.place(record, slot, 1);
    const there = arena.get(arena.get(HEADER + H_PODS) + slot * 4);
    if (there > this.mostOnNode) this.mostOnNode = there;
    placed.place = kind.pods.push(placed) - 1;
    this.#attach(placed, 1);
  }

  #leave(placed: PlacedPod): void {
    const { arena, calls } = this.#core;
    const { kind, slot, record } = placed;
    calls.place(record, slot, -1);
    arena.free(record, POD_BYTES);
    calls.apply(this.#kinds.effects(kind), slot, -1);
    this.#numbered[placed.id] = undefined;
    this.#freeNumbers.push(placed.id);
    const last = kind.pods.pop();
    if (last !== undefined && last !== placed) {
      kind.pods[placed.place] = last;
      last.place = placed.place;
    }
    placed.record = 0;
    this.#attach(placed, -1);
    placed.slot = -1;
  }

  #attach({ kind, nodeName }: PlacedPod, sign: 1 | -1): void {
    const { attached } = kind.shape;
    if (attached.length > 0) this.onAttached(attached, nodeName, sign);
  }
}
