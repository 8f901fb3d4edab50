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
  /** Nodes without the label are in the domain of the empty value. */
  readonly open: boolean;
  /** No domain ever held two nodes: counts of a domain are counts of its node. */
  unique: boolean;
  /** Domain ids stay below. A power of two. */
  capacity: number;
  /** A node had the label with an empty value. */
  hasEmpty: boolean;
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
  /** A topology got its first domain of two nodes, or of the empty value: whoever relied on neither starts anew. */
  onShared: (topology: Topology) => void = () => {};
  /** A topology has room for more domains than before. */
  onCapacity: (topology: Topology) => void = () => {};

  constructor(columns: Columns) {
    this.#columns = columns;
  }

  intern(key: string, open = false): Topology {
    const name = open ? `${key} open` : key;
    const known = this.#byKey.get(name);
    if (known !== undefined) return known;
    const id = this.#all.length;
    const column = this.#columns.createEntry(H_TOPOLOGIES, id, 32);
    const topology: Topology = {
      id,
      key,
      open,
      unique: true,
      hasEmpty: false,
      capacity: domainsAtStart,
      column,
      domains: new Map(),
      free: [],
    };
    for (let slot = 0; slot < this.#columns.capacity; slot++) this.#columns.set(column, slot, -1);
    this.#values.forEach((labels, slot) => {
      this.#enter(topology, slot, domainValue(topology, labels));
    });
    this.#all.push(topology);
    this.#byKey.set(name, topology);
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
      const before = domainValue(topology, old);
      const now = domainValue(topology, labels);
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
    const isFirstPair = domain.nodes > 1 && topology.unique;
    const isFirstEmpty = value === "" && !topology.hasEmpty;
    if (!isFirstPair && !isFirstEmpty) return;
    if (isFirstPair) topology.unique = false;
    if (isFirstEmpty) topology.hasEmpty = true;
    // Nobody relies yet on a topology that is just being interned.
    if (this.#all[topology.id] === topology) this.onShared(topology);
  }
}

/** undefined: the node is in no domain, or there is none. */
function domainValue({ key, open }: Topology, labels: Labels | undefined): string | undefined {
  return labels?.[key] ?? (open && labels !== undefined ? "" : undefined);
}
