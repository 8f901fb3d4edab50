/**
 * The `parity` mode: as many nodes as upstream would score, in its order, from where the last search ended. Given
 * the same events it chooses the node that upstream chooses with one worker (parallelism 1).
 */
import type { Core } from "./core.ts";
import { NodeOrder } from "./node-order.ts";
import type { NodeTable } from "./node-table.ts";

/** Upstream scores no fewer nodes than this, or all of them. */
const wantedLeast = 100;
const percentageLeast = 5;

/** Upstream's count of nodes that are enough; percentage 0 goes by how many there are. */
export function nodesWanted(nodes: number, percentage: number): number {
  if (nodes < wantedLeast) return nodes;
  const share =
    percentage === 0 ? Math.max(percentageLeast, 50 - Math.trunc(nodes / 125)) : percentage;
  return Math.max(wantedLeast, Math.trunc((nodes * share) / 100));
}

interface Scored {
  readonly slot: number;
  readonly total: number;
}

/** The first that upstream's heap gives: which of equals that is follows from how a heap is made. */
export function firstOfHeap(nodes: readonly Scored[]): Scored | undefined {
  const heap = [...nodes];
  for (let root = Math.trunc(heap.length / 2) - 1; root >= 0; root--) sink(heap, root);
  return heap[0];
}

function sink(heap: Scored[], from: number): void {
  const total = (index: number) => heap[index]?.total ?? Number.NEGATIVE_INFINITY;
  for (let parent = from; ; ) {
    const left = 2 * parent + 1;
    if (left >= heap.length) return;
    const child = left + 1 < heap.length && total(left + 1) > total(left) ? left + 1 : left;
    const [upper, lower] = [heap[parent], heap[child]];
    if (upper === undefined || lower === undefined || lower.total <= upper.total) return;
    heap[parent] = lower;
    heap[child] = upper;
    parent = child;
  }
}

export class SampledSearch {
  readonly order = new NodeOrder();
  readonly #core: Core;
  readonly #nodes: NodeTable;
  #start = 0;
  #stale = true;
  #room = 0;
  #list = 0;
  #found = 0;

  constructor(core: Core, nodes: NodeTable) {
    this.#core = core;
    this.#nodes = nodes;
  }

  /** Nodes came, went or moved to another zone. */
  changed(): void {
    this.#stale = true;
  }

  /** A class that may go to one node only: -1 where that does not take it. */
  pinned(cls: number, slot: number): number {
    const nodes = this.#nodes.size;
    if (this.#nodes.factsOf(slot) === undefined) return -1;
    this.#start = (this.#start + 1) % nodes;
    return this.#core.calls.choose(cls, slot);
  }

  /** Where the class goes, or -1. `percentage` as in the configuration. */
  choose(cls: number, percentage: number): number {
    const nodes = this.#nodes.size;
    if (nodes === 0) return -1;
    if (this.#stale) this.#write();
    const { arena, calls } = this.#core;
    const wanted = nodesWanted(nodes, percentage);
    const looked = calls.sample(cls, this.#list, this.#start % nodes, wanted, this.#found);
    this.#start = (this.#start + looked) % nodes;
    const scored = Array.from({ length: arena.get(this.#found) }, (_, index) => ({
      slot: arena.get(this.#found + 4 + index * 8),
      total: arena.get(this.#found + 8 + index * 8),
    }));
    return firstOfHeap(scored)?.slot ?? -1;
  }

  #write(): void {
    const { arena } = this.#core;
    const slots = this.order.names().flatMap((name) => this.#nodes.slotOf(name) ?? []);
    if (slots.length > this.#room) {
      if (this.#room > 0) {
        arena.free(this.#list, (1 + this.#room) * 4);
        arena.free(this.#found, (1 + 2 * this.#room) * 4);
      }
      this.#room = slots.length * 2;
      this.#list = arena.allocate((1 + this.#room) * 4);
      this.#found = arena.allocate((1 + 2 * this.#room) * 4);
    }
    arena.set(this.#list, slots.length);
    arena.i32.set(slots, (this.#list >> 2) + 1);
    this.#stale = false;
  }
}
