/**
 * What was interned for pods that are gone: shapes, terms, counters, sums, sets, topology keys, filters, images
 * and resources are not counted by user. When many have gathered, all are forgotten that no pod on a node
 * stands for; classes and what they ask come again with the next pod that needs them.
 */
import type { AttachedVolumes } from "./attached-volumes.ts";
import type { PodClasses } from "./classes.ts";
import type { Counters } from "./counters.ts";
import type { Images } from "./images.ts";
import type { LabelSets } from "./label-sets.ts";
import type { NodeFilters } from "./node-filter.ts";
import type { NodeTable } from "./node-table.ts";
import type { Nominations } from "./nominations.ts";
import type { PodShape, PodShapes } from "./pod-shape.ts";

interface Parts {
  readonly nodes: NodeTable;
  readonly labelSets: LabelSets;
  readonly counters: Counters;
  readonly filters: NodeFilters;
  readonly shapes: PodShapes;
  readonly images: Images;
  readonly classes: PodClasses;
  readonly attached: AttachedVolumes;
  readonly nominations: Nominations;
}

/** As many may gather at first. Doubled when what was forgotten mostly comes back: then it is in use. */
const gatheredAtStart = 4096;
const gatheredMax = 65_536;
/** A counter costs four bytes a node: entries may take so much, but there may always be `gatheredAtStart`. */
const bytesMax = 512 * 1024 * 1024;

export class Garbage {
  readonly #parts: Parts;
  #room: number;
  /** Left by the last collection. */
  #left = 0;

  constructor(parts: Parts, room = gatheredAtStart) {
    this.#parts = parts;
    this.#room = room;
  }

  get #size(): number {
    const { nodes, counters, shapes } = this.#parts;
    return nodes.interned + nodes.topologies.size + counters.size + shapes.size;
  }

  /** Called before pods are encoded: no class, shape or number of anything may be in use. True: much was forgotten. */
  collect(): boolean {
    if (this.#size - this.#left <= this.#room) return false;
    if (this.#forget()) {
      const byBytes = bytesMax / (this.#parts.nodes.columns.capacity * 4);
      const most = Math.max(gatheredAtStart, Math.min(gatheredMax, byBytes));
      this.#room = Math.min(this.#room * 2, most);
    }
    this.#left = this.#size;
    return true;
  }

  /** True: what was forgotten last time came back since. */
  #forget(): boolean {
    const { nodes, labelSets, counters, filters, shapes, images, classes, attached, nominations } =
      this.#parts;
    const used = new Set<PodShape>();
    for (const { shape } of labelSets.kinds()) used.add(shape);
    const held = new Set<number>();
    const asked = new Set<number>();
    for (const shape of used) {
      for (const [counter] of shape.held) held.add(counter);
      for (const [resource] of shape.requests) asked.add(resource);
    }
    const cameBack = classes.collect();
    shapes.collect(used, held);
    attached.forgetShared();
    counters.collect(held);
    nominations.countVolumesAnew();
    labelSets.collect((term) => shapes.term(term) !== undefined);
    nodes.topologies.dropAll();
    nodes.dropSets();
    nodes.keepResources(asked);
    images.dropAll();
    filters.collect();
    return cameBack;
  }
}
