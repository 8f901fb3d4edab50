/**
 * Nodes in the module's memory: a slot each, columns by slot, sets (rows of bits) and topology domains.
 * A set is a question about a node (a label requirement, a taint, an image); it is asked once when the set
 * is interned and again of every node that changes.
 */
import {
  C_COLUMN,
  COUNTER_BYTES,
  H_ALIVE,
  H_BLOCKS,
  H_COUNTERS,
  H_FIRST_NOMINATED,
  H_FIRST_POD,
  H_JOURNAL,
  H_JOURNAL_MASK,
  H_LOGS,
  H_NODES,
  H_NONZERO_CPU,
  H_NONZERO_MEMORY,
  H_P_COUNT,
  H_P_GREATEST,
  H_P_START,
  H_P_SUM,
  H_P_VERDICTS,
  H_P_VIOLATIONS,
  H_PODS,
  H_PODS_MAX,
  H_RESOURCES,
  H_SCORES,
  H_SCORES_STRIDE,
  H_SCRATCH,
  H_SETS,
  H_SLOTS,
  H_UNSCHEDULABLE,
  H_VERDICTS,
  HEADER,
  S_COLUMNS,
} from "#gen/scheduler-abi.ts";
import type { Arena } from "./arena.ts";
import { type Column, Columns } from "./columns.ts";
import type { NodeFacts } from "./node-facts.ts";
import { Topologies } from "./topologies.ts";

type Question = (node: NodeFacts) => boolean;

interface NodeSet {
  readonly asks: Question;
  readonly row: Column;
}

interface Resource {
  readonly id: number;
  readonly allocatable: Column;
  readonly used: Column;
}

/** A counter's number, record and column. */
export interface Counter {
  readonly id: number;
  readonly record: number;
  readonly column: Column;
}

/** Resources that always have their columns, in this order. */
const nativeResources = ["cpu", "memory", "ephemeral-storage"];
/** Slots start at this many; doubled when full. */
const capacityAtStart = 128;

export class NodeTable {
  readonly columns: Columns;
  readonly topologies: Topologies;
  readonly #arena: Arena;
  readonly #slots = new Map<string, number>();
  readonly #names: (string | undefined)[] = [];
  readonly #facts: (NodeFacts | undefined)[] = [];
  readonly #free: number[] = [];
  #sets: NodeSet[] = [];
  readonly #setIds = new Map<string, number>();
  readonly #resources = new Map<string, Resource>();
  readonly #freeResources: number[] = [];
  readonly #freeCounters: number[] = [];
  #counters = 0;
  readonly #alive: Column;
  readonly #unschedulable: Column;
  readonly #podsMax: Column;
  #groupBytes = 64;
  #scratch: { address: number; bytes: number } = { address: 0, bytes: 0 };
  /** Called when every address that depends on the number of slots has moved. */
  onGrow: () => void = () => {};

  constructor(arena: Arena) {
    this.#arena = arena;
    this.columns = new Columns(arena, capacityAtStart);
    const column = (offset: number, bits: number) =>
      this.columns.create(bits, (address) => arena.set(HEADER + offset, address));
    this.#alive = column(H_ALIVE, 1);
    this.#unschedulable = column(H_UNSCHEDULABLE, 1);
    this.#podsMax = column(H_PODS_MAX, 32);
    column(H_PODS, 32);
    column(H_NONZERO_CPU, 64);
    column(H_NONZERO_MEMORY, 64);
    column(H_VERDICTS, 32);
    column(H_SCORES, 32 * S_COLUMNS);
    for (const offset of [H_FIRST_POD, H_FIRST_NOMINATED]) column(offset, 32);
    for (const offset of [H_P_VERDICTS, H_P_VIOLATIONS, H_P_GREATEST, H_P_COUNT])
      column(offset, 32);
    for (const offset of [H_P_SUM, H_P_START]) column(offset, 64);
    column(H_JOURNAL, 32);
    column(H_LOGS, 128);
    this.topologies = new Topologies(this.columns);
    this.#sizeToCapacity();
    for (const resource of nativeResources) this.resource(resource);
  }

  get size(): number {
    return this.#slots.size;
  }

  get slotsUsed(): number {
    return this.#names.length;
  }

  slotOf(name: string): number | undefined {
    return this.#slots.get(name);
  }

  nameOf(slot: number): string {
    return this.#names[slot] ?? "";
  }

  /** The name, as the table's own string if the node is known. */
  ownName(name: string): string {
    const slot = this.#slots.get(name);
    return slot === undefined ? name : this.nameOf(slot);
  }

  factsOf(slot: number): NodeFacts | undefined {
    return this.#facts[slot];
  }

  *facts(): Iterable<NodeFacts> {
    for (const facts of this.#facts) if (facts !== undefined) yield facts;
  }

  /** A slot for the node, dead until `write`. */
  place(name: string): number {
    const known = this.#slots.get(name);
    if (known !== undefined) return known;
    const slot = this.#free.pop() ?? this.#names.length;
    if (slot >= this.columns.capacity) this.#grow();
    this.#slots.set(name, slot);
    this.#names[slot] = name;
    this.#arena.set(HEADER + H_SLOTS, this.#names.length);
    this.#arena.set(HEADER + H_BLOCKS, Math.ceil(this.#names.length / 64));
    this.#arena.set(HEADER + H_NODES, this.#slots.size);
    return slot;
  }

  /** The slot's columns, sets and domains say what the node is; undefined: nothing stands there any more. */
  write(slot: number, facts: NodeFacts | undefined): void {
    this.#facts[slot] = facts;
    this.columns.setBit(this.#alive, slot, facts !== undefined);
    this.columns.setBit(this.#unschedulable, slot, facts?.unschedulable ?? false);
    this.columns.set(this.#podsMax, slot, facts?.allocatable.get("pods") ?? 0);
    for (const [resource, { allocatable }] of this.#resources) {
      this.columns.setDouble(allocatable, slot, facts?.allocatable.get(resource) ?? 0);
    }
    for (const { asks, row } of this.#sets) {
      this.columns.setBit(row, slot, facts !== undefined && asks(facts));
    }
    this.topologies.write(slot, facts?.labels);
  }

  /** Gives the slot back; its pods must be gone from the columns. */
  release(name: string): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    this.#slots.delete(name);
    this.#names[slot] = undefined;
    this.#free.push(slot);
    this.#arena.set(HEADER + H_NODES, this.#slots.size);
  }

  setId(signature: string, asks: Question): number {
    const known = this.#setIds.get(signature);
    if (known !== undefined) return known;
    const id = this.#sets.length;
    const row = this.columns.createEntry(H_SETS, id, 1);
    this.#sets.push({ asks, row });
    this.#setIds.set(signature, id);
    this.#facts.forEach((facts, slot) => {
      if (facts !== undefined && asks(facts)) this.columns.setBit(row, slot, true);
    });
    return id;
  }

  /** Sets and resources that stand. */
  get interned(): number {
    return this.#sets.length + this.#resources.size;
  }

  /** Forgets every set: nobody may know one's number any more. */
  dropSets(): void {
    for (const { row } of this.#sets) this.columns.drop(row);
    this.#sets = [];
    this.#setIds.clear();
  }

  /** Id of a resource's two columns. */
  resource(name: string): number {
    const known = this.#resources.get(name);
    if (known !== undefined) return known.id;
    const id = this.#freeResources.pop() ?? this.#resources.size;
    const allocatable = this.columns.createEntry(H_RESOURCES, id * 2, 64);
    const used = this.columns.createEntry(H_RESOURCES, id * 2 + 1, 64);
    this.#resources.set(name, { id, allocatable, used });
    this.#facts.forEach((facts, slot) => {
      const amount = facts?.allocatable.get(name);
      if (amount !== undefined) this.columns.setDouble(allocatable, slot, amount);
    });
    return id;
  }

  /** Forgets the resources that no pod on a node asks for. */
  keepResources(asked: ReadonlySet<number>): void {
    for (const [name, { id, allocatable, used }] of this.#resources) {
      if (id < nativeResources.length || asked.has(id)) continue;
      this.columns.drop(allocatable);
      this.columns.drop(used);
      this.#resources.delete(name);
      this.#freeResources.push(id);
    }
  }

  /** A new counter, all zero. */
  counter(): Counter {
    const id = this.#freeCounters.pop() ?? this.#counters++;
    const record = this.#arena.allocate(COUNTER_BYTES);
    this.columns.setEntry(H_COUNTERS, id, record);
    const column = this.columns.create(32, (address) =>
      this.#arena.set(record + C_COLUMN, address),
    );
    return { id, record, column };
  }

  dropCounter({ id, record, column }: Counter): void {
    this.columns.drop(column);
    this.#arena.free(record, COUNTER_BYTES);
    this.#freeCounters.push(id);
  }

  /** The scratch area has room for one group a slot, of at least `bytes`. */
  reserveGroups(bytes: number): void {
    if (bytes <= this.#groupBytes) return;
    this.#groupBytes = bytes;
    this.#sizeToCapacity();
  }

  #sizeToCapacity(): void {
    const { capacity } = this.columns;
    const arena = this.#arena;
    arena.set(HEADER + H_SCORES_STRIDE, capacity * 4);
    arena.set(HEADER + H_JOURNAL_MASK, capacity - 1);
    const logs = arena.get(HEADER + H_LOGS);
    for (let k = 0; k <= capacity; k++) arena.setDouble(logs + k * 8, Math.log(k + 2));
    const bytes = (capacity + 2) * this.#groupBytes;
    if (this.#scratch.bytes > 0) arena.free(this.#scratch.address, this.#scratch.bytes);
    this.#scratch = { address: arena.allocate(bytes), bytes };
    arena.set(HEADER + H_SCRATCH, this.#scratch.address);
  }

  #grow(): void {
    this.columns.grow(this.columns.capacity * 2);
    this.#sizeToCapacity();
    this.onGrow();
  }
}
