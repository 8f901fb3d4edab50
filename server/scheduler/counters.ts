/** Counters by node and their sums by topology domain, interned: equal questions share one. */
import { assert } from "#apimachinery/assert.ts";
import {
  A_AT_LEAST,
  A_CAPACITY,
  A_COUNTER,
  A_COUNTS,
  A_DOMAINS,
  A_ELIGIBLE,
  A_FILTER,
  A_NEXT,
  A_NODES,
  A_STAMPS,
  A_TOPOLOGY,
  AGGREGATE_BYTES,
  C_AGGREGATES,
  H_AGGREGATE_COUNT,
  H_AGGREGATES,
  HEADER,
} from "#gen/scheduler-abi.ts";
import type { Column } from "./columns.ts";
import type { Core } from "./core.ts";
import type { LabelSets } from "./label-sets.ts";
import type { NodeFilter } from "./node-filter.ts";
import type { Counter, NodeTable } from "./node-table.ts";
import type { Predicate } from "./predicate.ts";
import type { Topology } from "./topologies.ts";

export interface Aggregate {
  readonly record: number;
  readonly counter: Counter;
  readonly topology: Topology;
  readonly eligible: Column;
}

/** Whose a counter is: a selector's, of pods that hold something, somebody's own for ever or until the next collection. */
type Owner = "selector" | "holders" | "own" | "passing";
const aggregateTables = [A_COUNTS, A_NODES, A_STAMPS];

export class Counters {
  readonly #core: Core;
  readonly #nodes: NodeTable;
  readonly #labelSets: LabelSets;
  readonly #byName = new Map<string, { readonly counter: Counter; readonly owner: Owner }>();
  readonly #all: (Counter | undefined)[] = [];
  /** Counters made so far. */
  made = 0;
  readonly #aggregates = new Map<string, Aggregate>();

  constructor(core: Core, nodes: NodeTable, labelSets: LabelSets) {
    this.#core = core;
    this.#nodes = nodes;
    this.#labelSets = labelSets;
    nodes.topologies.onCapacity = (topology) => this.#enlarge(topology);
  }

  get size(): number {
    return this.#byName.size + this.#aggregates.size;
  }

  byId(id: number): Counter {
    const counter = this.#all[id];
    assert(counter !== undefined, "a counter's id is its place");
    return counter;
  }

  /** Counts the pods that the predicate selects. */
  ofPredicate(predicate: Predicate): Counter {
    const known = this.#byName.get(predicate.signature);
    if (known !== undefined) return known.counter;
    const counter = this.#make(predicate.signature, "selector");
    const { columns } = this.#nodes;
    this.#labelSets.addCounter({ predicate, id: counter.id }, (slot) => {
      columns.set(counter.column, slot, columns.get(counter.column, slot) + 1);
    });
    return counter;
  }

  /** Counts what its user adds to it; it stays for ever. */
  named(name: string): Counter {
    return this.#byName.get(name)?.counter ?? this.#make(name, "own");
  }

  /** The same until the next collection, before which its user forgets it. */
  passing(name: string): Counter {
    return this.#byName.get(name)?.counter ?? this.#make(name, "passing");
  }

  /** Counts the pods that hold a term, a port, a disk, a claim: it stays as long as one does. */
  ofHolders(name: string): Counter {
    return this.#byName.get(name)?.counter ?? this.#make(name, "holders");
  }

  #make(name: string, owner: Owner): Counter {
    const counter = this.#nodes.counter();
    this.made++;
    this.#byName.set(name, { counter, owner });
    this.#all[counter.id] = counter;
    return counter;
  }

  /** Forgets selectors' and passing counters, those of which `held` has no number, and every sum. */
  collect(held: ReadonlySet<number>): void {
    this.#dropAggregates();
    for (const [name, { counter, owner }] of this.#byName) {
      if (owner === "own" || (owner === "holders" && held.has(counter.id))) continue;
      this.#byName.delete(name);
      this.#all[counter.id] = undefined;
      this.#nodes.dropCounter(counter);
    }
  }

  #dropAggregates(): void {
    const { arena } = this.#core;
    for (const { record, counter, eligible } of this.#aggregates.values()) {
      const bytes = arena.get(record + A_CAPACITY) * 4;
      for (const table of aggregateTables) arena.free(arena.get(record + table), bytes);
      this.#nodes.columns.drop(eligible);
      arena.free(record, AGGREGATE_BYTES);
      arena.set(counter.record + C_AGGREGATES, 0);
    }
    this.#aggregates.clear();
    arena.set(HEADER + H_AGGREGATE_COUNT, 0);
  }

  /** The counter summed up by the topology's domains over nodes that pass `filter` (undefined: all). */
  aggregate(counter: Counter, topology: Topology, filter: NodeFilter | undefined): Aggregate {
    const key = `${counter.id} ${topology.id} ${filter?.signature ?? ""}`;
    const known = this.#aggregates.get(key);
    if (known !== undefined) return known;
    const { arena, calls } = this.#core;
    const record = arena.allocate(AGGREGATE_BYTES);
    const { columns } = this.#nodes;
    const eligible = columns.create(1, (address) => arena.set(record + A_ELIGIBLE, address));
    arena.set(record + A_COUNTER, counter.id);
    arena.set(record + A_TOPOLOGY, topology.id);
    filter?.onWritten((address) => arena.set(record + A_FILTER, address));
    for (const table of aggregateTables) {
      arena.set(record + table, arena.allocate(topology.capacity * 4));
    }
    arena.set(record + A_CAPACITY, topology.capacity);
    arena.set(record + A_DOMAINS, 0);
    arena.set(record + A_AT_LEAST, 0);
    arena.set(record + A_NEXT, arena.get(counter.record + C_AGGREGATES));
    arena.set(counter.record + C_AGGREGATES, record);
    columns.setEntry(H_AGGREGATES, this.#aggregates.size, record);
    const aggregate = { record, counter, topology, eligible };
    this.#aggregates.set(key, aggregate);
    arena.set(HEADER + H_AGGREGATE_COUNT, this.#aggregates.size);
    calls.aggregate(record);
    return aggregate;
  }

  #enlarge(topology: Topology): void {
    const { arena } = this.#core;
    for (const { record, topology: own } of this.#aggregates.values()) {
      if (own !== topology) continue;
      const before = arena.get(record + A_CAPACITY) * 4;
      for (const table of aggregateTables) {
        const old = arena.get(record + table);
        const address = arena.allocate(topology.capacity * 4);
        arena.u8.copyWithin(address, old, old + before);
        arena.free(old, before);
        arena.set(record + table, address);
      }
      arena.set(record + A_CAPACITY, topology.capacity);
    }
  }
}
