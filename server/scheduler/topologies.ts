/** Topology keys: for each a column of domain ids (-1: no such label), reused when a domain empties. */
import { H_TOPOLOGIES } from "#gen/scheduler-abi.ts";
import type { Column, Columns } from "./columns.ts";
import type { Labels } from "./predicate.ts";

interface Domain {
  readonly id: number;
  nodes: number;
}

export interface Topology {
  readonly id: number;
  readonly key: string;
  /** No domain ever held two nodes: counts of a domain are counts of its node. */
  unique: boolean;
  /** Domain ids stay below. A power of two. */
  capacity: number;
  readonly column: Column;
  readonly domains: Map<string, Domain>;
  readonly free: number[];
}

const domainsAtStart = 16;

export class Topologies {
  readonly #columns: Columns;
  #all: Topology[] = [];
  readonly #byKey = new Map<string, Topology>();
  readonly #values: (Labels | undefined)[] = [];
  /** A topology got its first domain of two nodes: whoever relied on `unique` starts anew. */
  onShared: (topology: Topology) => void = () => {};
  /** A topology has room for more domains than before. */
  onCapacity: (topology: Topology) => void = () => {};

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  intern(key: string): Topology {
    const known = this.#byKey.get(key);
    if (known !== undefined) return known;
    const id = this.#all.length;
    const column = this.#columns.createEntry(H_TOPOLOGIES, id, 32);
    const topology: Topology = {
      id,
      key,
      unique: true,
      capacity: domainsAtStart,
      column,
      domains: new Map(),
      free: [],
    };
    for (let slot = 0; slot < this.#columns.capacity; slot++) this.#columns.set(column, slot, -1);
    this.#values.forEach((labels, slot) => {
      this.#enter(topology, slot, labels?.[key]);
    });
    this.#all.push(topology);
    this.#byKey.set(key, topology);
    return topology;
  }

  get size(): number {
    return this.#all.length;
  }

  /** Forgets every key: nobody may know one's number any more. */
  dropAll(): void {
    for (const { column } of this.#all) this.#columns.drop(column);
    this.#all = [];
    this.#byKey.clear();
  }

  write(slot: number, labels: Labels | undefined): void {
    const old = this.#values[slot];
    this.#values[slot] = labels;
    for (const topology of this.#all) {
      const before = old?.[topology.key];
      const now = labels?.[topology.key];
      if (before === now && old !== undefined) continue;
      this.#leave(topology, before);
      this.#enter(topology, slot, now);
    }
  }

  #leave(topology: Topology, value: string | undefined): void {
    const domain = value === undefined ? undefined : topology.domains.get(value);
    if (value === undefined || domain === undefined || --domain.nodes > 0) return;
    topology.domains.delete(value);
    topology.free.push(domain.id);
  }

  #enter(topology: Topology, slot: number, value: string | undefined): void {
    if (value === undefined) {
      this.#columns.set(topology.column, slot, -1);
      return;
    }
    let domain = topology.domains.get(value);
    if (domain === undefined) {
      const id = topology.free.pop() ?? topology.domains.size;
      domain = { id, nodes: 0 };
      topology.domains.set(value, domain);
      if (id >= topology.capacity) {
        topology.capacity *= 2;
        this.onCapacity(topology);
      }
    }
    domain.nodes++;
    this.#columns.set(topology.column, slot, domain.id);
    if (domain.nodes > 1 && topology.unique) {
      topology.unique = false;
      // Nobody relies yet on a topology that is just being interned.
      if (this.#byKey.has(topology.key)) this.onShared(topology);
    }
  }
}
