/** Pods that wait for room on a node made by preemption: others of no higher priority have to heed them. */

import type { Pod } from "#gen/api/core/v1.ts";
import {
  H_FIRST_NOMINATED,
  H_NOMINATED_SLOTS,
  HEADER,
  P_KIND,
  P_NEXT,
  P_PREVIOUS,
  P_PRIORITY,
  P_VOLUMES,
  POD_BYTES,
} from "#gen/scheduler-abi.ts";
import { type Attached, type AttachedVolumes, isToBeMade } from "./attached-volumes.ts";
import type { Core } from "./core.ts";
import type { Kind, Kinds } from "./kinds.ts";
import type { NodeTable } from "./node-table.ts";

interface Nominated {
  readonly pod: Pod;
  readonly nodeName: string;
  readonly kind: Kind;
}

interface Nomination extends Nominated {
  readonly key: string;
  readonly priority: number;
  readonly record: number;
  /** Its list of volumes in the module's memory, or 0. */
  volumes: number;
  slot: number;
}

interface Parts {
  readonly nodes: NodeTable;
  readonly kinds: Kinds;
  readonly attached: AttachedVolumes;
}

export class Nominations {
  readonly #core: Core;
  readonly #nodes: NodeTable;
  readonly #kinds: Kinds;
  readonly #attached: AttachedVolumes;
  readonly #byPod = new Map<string, Nomination>();
  readonly #byNode = new Map<string, Set<Nomination>>();
  /** Slots with nominated pods, as H_NOMINATED_SLOTS lists them. */
  readonly #slots: number[] = [];
  #list = { address: 0, room: 0 };

  constructor(core: Core, { nodes, kinds, attached }: Parts) {
    this.#core = core;
    this.#nodes = nodes;
    this.#kinds = kinds;
    this.#attached = attached;
    this.#writeSlots();
  }

  get size(): number {
    return this.#byPod.size;
  }

  nodeOf(key: string): string | undefined {
    return this.#byPod.get(key)?.nodeName;
  }

  /** Pods of lower priority that are nominated to the node. */
  lesser(nodeName: string, priority: number): string[] {
    return [...(this.#byNode.get(nodeName) ?? [])]
      .filter((nomination) => nomination.priority < priority)
      .map(({ key }) => key);
  }

  /** Volumes that the pods nominated to the node will attach there. */
  attachedTo(nodeName: string): Attached[] {
    return [...(this.#byNode.get(nodeName) ?? [])].flatMap(({ kind }) => kind.shape.attached);
  }

  /** The counters of volumes were forgotten. */
  countVolumesAnew(): void {
    for (const nomination of this.#byPod.values()) {
      this.#freeVolumes(nomination);
      this.#writeVolumes(nomination);
    }
  }

  #writeVolumes(nomination: Nomination): void {
    const { attached } = nomination.kind.shape;
    const pairs = attached.flatMap(({ driver, volume }) => [
      this.#attached.counterOf(volume),
      this.#attached.usedCounter(driver),
    ]);
    const { arena } = this.#core;
    nomination.volumes = pairs.length === 0 ? 0 : arena.list([attached.length, ...pairs]);
    arena.set(nomination.record + P_VOLUMES, nomination.volumes);
  }

  #freeVolumes({ volumes, kind }: Nomination): void {
    const bytes = (1 + kind.shape.attached.length * 2) * 4;
    if (volumes !== 0) this.#core.arena.free(volumes, bytes);
  }

  /** Those with claims that had no volume when they were added. */
  awaitingVolumes(): readonly Nominated[] {
    if (this.size === 0) return [];
    return [...this.#byPod.values()].filter(({ kind }) => kind.shape.attached.some(isToBeMade));
  }

  /** `kind` comes with a user, who is given back with the nomination. */
  add(key: string, nominated: Nominated): void {
    this.remove(key);
    const { nodeName, kind } = nominated;
    const priority = nominated.pod.spec.priority ?? 0;
    const { arena } = this.#core;
    const record = arena.allocate(POD_BYTES);
    arena.set(record + P_KIND, kind.address);
    arena.set(record + P_PRIORITY, priority);
    const nomination = { ...nominated, key, priority, record, volumes: 0, slot: -1 };
    this.#writeVolumes(nomination);
    this.#byPod.set(key, nomination);
    const there = this.#byNode.get(nodeName);
    if (there === undefined) this.#byNode.set(nodeName, new Set([nomination]));
    else there.add(nomination);
    const slot = this.#nodes.slotOf(nodeName);
    if (slot !== undefined) this.#enter(nomination, slot);
  }

  remove(key: string): boolean {
    const nomination = this.#byPod.get(key);
    if (nomination === undefined) return false;
    this.#leave(nomination);
    this.#byPod.delete(key);
    const there = this.#byNode.get(nomination.nodeName);
    there?.delete(nomination);
    if (there?.size === 0) this.#byNode.delete(nomination.nodeName);
    this.#freeVolumes(nomination);
    this.#core.arena.free(nomination.record, POD_BYTES);
    this.#kinds.release(nomination.kind);
    return true;
  }

  nodeAdded(name: string, slot: number): void {
    for (const nomination of this.#byNode.get(name) ?? []) this.#enter(nomination, slot);
  }

  nodeRemoved(name: string): void {
    for (const nomination of this.#byNode.get(name) ?? []) this.#leave(nomination);
  }

  #first(slot: number): number {
    return this.#core.arena.get(HEADER + H_FIRST_NOMINATED) + slot * 4;
  }

  #enter(nomination: Nomination, slot: number): void {
    const { arena, calls } = this.#core;
    const first = this.#first(slot);
    const next = arena.get(first);
    arena.set(nomination.record + P_NEXT, next);
    arena.set(nomination.record + P_PREVIOUS, 0);
    if (next !== 0) arena.set(next + P_PREVIOUS, nomination.record);
    else this.#slots.push(slot);
    arena.set(first, nomination.record);
    nomination.slot = slot;
    if (next === 0) this.#writeSlots();
    calls.nominated(slot);
  }

  #leave(nomination: Nomination): void {
    const { slot, record } = nomination;
    if (slot < 0) return;
    const { arena, calls } = this.#core;
    const next = arena.get(record + P_NEXT);
    const previous = arena.get(record + P_PREVIOUS);
    if (next !== 0) arena.set(next + P_PREVIOUS, previous);
    if (previous !== 0) arena.set(previous + P_NEXT, next);
    else arena.set(this.#first(slot), next);
    nomination.slot = -1;
    if (previous === 0 && next === 0) {
      this.#slots.splice(this.#slots.indexOf(slot), 1);
      this.#writeSlots();
    }
    calls.nominated(slot);
  }

  #writeSlots(): void {
    const { arena } = this.#core;
    if (this.#slots.length + 1 > this.#list.room) {
      if (this.#list.room > 0) arena.free(this.#list.address, this.#list.room * 4);
      const room = Math.max(16, this.#slots.length * 2);
      this.#list = { address: arena.allocate(room * 4), room };
      arena.set(HEADER + H_NOMINATED_SLOTS, this.#list.address);
    }
    arena.set(this.#list.address, this.#slots.length);
    arena.i32.set(this.#slots, (this.#list.address >> 2) + 1);
  }
}
