/**
 * Classes: pods that no plugin can tell apart (one shape, labels that the same selectors match). A class is
 * a record in the module's memory: what its filters and scores ask, and the cache of the nodes' answers.
 */
import type { Toleration } from "#gen/api/core/v1.ts";
import {
  CLASS_BYTES,
  E_COUNTERS,
  E_ENTRIES,
  E_NONZERO_CPU,
  E_NONZERO_MEMORY,
  E_REQUESTS,
  G_FEATURES,
  K_AFFINITY,
  K_AFFINITY_SELF,
  K_ANTI_AFFINITY,
  K_ATTRACTION_FEATURE,
  K_ATTRACTIONS,
  K_CONTAINERS,
  K_CPU,
  K_EFFECTS,
  K_EPOCH,
  K_EXISTING_ANTI,
  K_FEATURES,
  K_FILTER,
  K_GROUP_BYTES,
  K_GROUP_CAPACITY,
  K_GROUP_OF,
  K_GROUPS,
  K_HARD_SPREAD,
  K_HASH,
  K_HASH_MASK,
  K_IMAGES,
  K_KEYS,
  K_MAXIMA,
  K_MAXIMA_BYTES,
  K_MEMORY,
  K_NAME,
  K_PORTS,
  K_PREFERRED,
  K_PREFERRED_FEATURE,
  K_SCAN,
  K_SOFT_NEEDS_KEYS,
  K_SOFT_SPREAD,
  K_SOFT_TAINTS,
  K_STATIC,
  K_TAINT_FEATURE,
  K_TOLERATES_UNSCHEDULABLE,
  PREFERRED,
  TAINTS,
} from "#gen/scheduler-abi.ts";
import type { Arena } from "./arena.ts";
import { constraintLists, Features, registerCounters, type Subject } from "./constraints.ts";
import type { Counters } from "./counters.ts";
import type { Images } from "./images.ts";
import type { LabelSet, LabelSets } from "./label-sets.ts";
import { type NodeFilter, type NodeFilters, tolerates } from "./node-filter.ts";
import type { NodeTable } from "./node-table.ts";
import type { PodShape, PodShapes } from "./pod-shape.ts";

export interface PodClass {
  readonly address: number;
  readonly shape: PodShape;
  readonly imageIds: readonly number[];
  readonly filter: NodeFilter;
  readonly tellFilter: (address: number) => void;
  readonly blocks: (readonly [address: number, bytes: number])[];
  groupCapacity: number;
  lastUsed: number;
}

interface Parts {
  readonly arena: Arena;
  readonly nodes: NodeTable;
  readonly labelSets: LabelSets;
  readonly counters: Counters;
  readonly filters: NodeFilters;
  readonly shapes: PodShapes;
  readonly images: Images;
}

const unschedulableTaint = {
  key: "node.kubernetes.io/unschedulable",
  effect: "NoSchedule",
} as const;
/** Memory for the caches of all classes; over it the longest unused half goes. */
const cacheBytesMax = 512 * 1024 * 1024;
const groupsAtStart = 64;
/** More groups than this are weighed node by node instead. */
const groupsMax = 1024;

export class PodClasses {
  readonly #parts: Parts;
  readonly #classes = new Map<string, PodClass>();
  /** Shapes (with their default selector) whose counters stand. */
  readonly #registered = new Set<string>();
  /** Raised when all classes are dropped. */
  generation = 0;
  #tick = 0;
  #bytes = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    const dropAll = () => this.dropAll();
    parts.nodes.onGrow = dropAll;
    parts.nodes.topologies.onShared = dropAll;
    parts.filters.onSoftTaint = dropAll;
  }

  get size(): number {
    return this.#classes.size;
  }

  /** Addresses of classes stay good until the next `beginBatch` or change of `generation`. */
  beginBatch(): void {
    this.#tick++;
    if (this.#bytes <= cacheBytesMax) return;
    const byAge = [...this.#classes].sort(([, a], [, b]) => a.lastUsed - b.lastUsed);
    for (const [key, cls] of byAge.slice(0, Math.ceil(byAge.length / 2))) this.#drop(key, cls);
  }

  find(subject: Subject): PodClass {
    const { labelSets } = this.#parts;
    const { shape, labelSet, defaultSelector } = subject;
    const system = defaultSelector === undefined ? "" : JSON.stringify(defaultSelector);
    const asking = `${shape.id} ${system}`;
    if (!this.#registered.has(asking)) {
      registerCounters({ ...this.#parts, topologies: this.#parts.nodes.topologies }, subject);
      this.#registered.add(asking);
    }
    const key = `${asking} ${labelSets.signatureOf(labelSet)}`;
    const known = this.#classes.get(key);
    if (known !== undefined) {
      known.lastUsed = this.#tick;
      this.#widen(known);
      return known;
    }
    const cls = this.#build(subject);
    this.#classes.set(key, cls);
    return cls;
  }

  /** The nodes' images, or how many nodes there are, changed. */
  imagesChanged(): void {
    for (const cls of this.#classes.values()) {
      if (this.#parts.images.anyHeld(cls.imageIds)) this.#parts.arena.set(cls.address + K_EPOCH, 0);
    }
  }

  dropAll(): void {
    this.generation++;
    for (const [key, cls] of this.#classes) this.#drop(key, cls);
  }

  #drop(key: string, cls: PodClass): void {
    cls.filter.forget(cls.tellFilter);
    for (const [address, bytes] of cls.blocks) {
      this.#parts.arena.free(address, bytes);
      this.#bytes -= bytes;
    }
    this.#classes.delete(key);
  }

  #build(subject: Subject): PodClass {
    const { arena, nodes, filters, shapes, images } = this.#parts;
    const { shape } = subject;
    const { spec } = shape;
    const blocks: (readonly [number, number])[] = [];
    const address = this.#allocate(blocks, CLASS_BYTES);
    const put = (offset: number, value: number) => arena.set(address + offset, value);
    const list = (offset: number, numbers: readonly number[]) => {
      const at = this.#allocate(blocks, Math.max(4, numbers.length * 4));
      arena.i32.set(numbers, at >> 2);
      put(offset, at);
    };
    const counted = (offset: number, rows: readonly (number | readonly number[])[]) =>
      list(offset, [rows.length, ...rows.flat()]);
    const tolerations: readonly Toleration[] = spec.tolerations ?? [];
    const filter = filters.intern(spec, tolerations, []);
    const tellFilter = (at: number) => put(K_FILTER, at);
    filter.onWritten(tellFilter);
    put(K_NAME, nameSet(nodes, spec.nodeName));
    put(K_TOLERATES_UNSCHEDULABLE, tolerates(tolerations, unschedulableTaint) ? 1 : 0);
    const features = new Features();
    const softTaints = filters.softTaints(tolerations);
    counted(K_SOFT_TAINTS, softTaints);
    put(K_TAINT_FEATURE, softTaints.length > 0 ? features.index(TAINTS) : -1);
    const preferred =
      spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
    counted(
      K_PREFERRED,
      preferred.map(({ weight, preference }) => {
        const requirements = filters.term(preference);
        return [weight, requirements.length, ...requirements];
      }),
    );
    put(K_PREFERRED_FEATURE, preferred.length > 0 ? features.index(PREFERRED) : -1);
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    const imageIds = containers.map((container) => images.intern(container.image ?? ""));
    counted(K_IMAGES, imageIds);
    put(K_CONTAINERS, containers.length);
    counted(K_PORTS, shapes.conflicts(spec));
    const constraints = constraintLists(
      { ...this.#parts, topologies: nodes.topologies },
      subject,
      features,
    );
    counted(K_HARD_SPREAD, constraints.hard);
    counted(K_SOFT_SPREAD, constraints.soft);
    put(K_SOFT_NEEDS_KEYS, constraints.softNeedsKeys ? 1 : 0);
    counted(K_AFFINITY, constraints.affinity);
    put(K_AFFINITY_SELF, constraints.affinitySelf ? 1 : 0);
    counted(K_ANTI_AFFINITY, constraints.anti);
    counted(K_EXISTING_ANTI, constraints.existing);
    counted(K_ATTRACTIONS, constraints.attractions);
    put(K_ATTRACTION_FEATURE, constraints.attractionFeature);
    list(K_FEATURES, [features.count, ...features.numbers]);
    arena.setDouble(address + K_CPU, shape.cpu);
    arena.setDouble(address + K_MEMORY, shape.memory);
    const effects = this.#allocate(blocks, effectBytes(shape, subject.labelSet));
    writeEffects(arena, effects, { shape, labelSet: subject.labelSet, live: true });
    put(K_EFFECTS, effects);
    const cls: PodClass = {
      address,
      shape,
      imageIds,
      filter,
      tellFilter,
      blocks,
      groupCapacity: 0,
      lastUsed: this.#tick,
    };
    this.#allocateCache(cls, features.count);
    return cls;
  }

  #allocateCache(cls: PodClass, features: number): void {
    const { arena, nodes } = this.#parts;
    const { capacity } = nodes.columns;
    const put = (offset: number, value: number) => arena.set(cls.address + offset, value);
    put(K_STATIC, this.#allocate(cls.blocks, capacity / 8));
    put(K_KEYS, this.#allocate(cls.blocks, capacity * 4));
    put(K_GROUP_OF, this.#allocate(cls.blocks, capacity * 4));
    put(K_GROUP_BYTES, G_FEATURES + features * 4);
    put(K_MAXIMA_BYTES, Math.ceil(capacity / 64 / 4) * 16);
    nodes.reserveGroups(G_FEATURES + features * 4);
    this.#allocateGroups(cls, features === 0 ? 2 : groupsAtStart);
  }

  #allocateGroups(cls: PodClass, groups: number): void {
    const { arena } = this.#parts;
    const get = (offset: number) => arena.get(cls.address + offset);
    const put = (offset: number, value: number) => arena.set(cls.address + offset, value);
    put(K_GROUPS, this.#allocate(cls.blocks, groups * get(K_GROUP_BYTES)));
    put(K_MAXIMA, this.#allocate(cls.blocks, groups * get(K_MAXIMA_BYTES)));
    put(K_HASH, this.#allocate(cls.blocks, groups * 2 * 4));
    put(K_HASH_MASK, groups * 2 - 1);
    put(K_GROUP_CAPACITY, groups);
    put(K_EPOCH, 0);
    cls.groupCapacity = groups;
  }

  /** A class that ran out of groups gets more room, up to the limit. */
  #widen(cls: PodClass): void {
    if (this.#parts.arena.get(cls.address + K_SCAN) === 0 || cls.groupCapacity >= groupsMax) return;
    for (const [address, bytes] of cls.blocks.splice(-3)) {
      this.#parts.arena.free(address, bytes);
      this.#bytes -= bytes;
    }
    this.#allocateGroups(cls, cls.groupCapacity * 4);
  }

  #allocate(blocks: (readonly [number, number])[], bytes: number): number {
    const address = this.#parts.arena.allocate(bytes);
    blocks.push([address, bytes]);
    this.#bytes += bytes;
    return address;
  }
}

function nameSet(nodes: NodeTable, name: string | undefined): number {
  return name ? nodes.setId(`name ${name}`, (node) => node.name === name) : -1;
}

export interface Placed {
  readonly shape: PodShape;
  readonly labelSet: LabelSet;
  /** Not under deletion. */
  readonly live: boolean;
}

export function effectBytes(shape: PodShape, { counters, liveCounters }: LabelSet): number {
  const entries = shape.held.length + counters.length + liveCounters.length;
  return E_ENTRIES + shape.requests.length * 16 + entries * 8;
}

/** What one pod adds to its node. */
export function writeEffects(
  arena: Arena,
  address: number,
  { shape, labelSet, live }: Placed,
): void {
  arena.setDouble(address + E_NONZERO_CPU, shape.scoringCpu);
  arena.setDouble(address + E_NONZERO_MEMORY, shape.scoringMemory);
  arena.set(address + E_REQUESTS, shape.requests.length);
  let place = address + E_ENTRIES;
  for (const [resource, amount] of shape.requests) {
    arena.set(place, resource);
    arena.setDouble(place + 8, amount);
    place += 16;
  }
  let counters = 0;
  const add = (counter: number, delta: number) => {
    arena.set(place, counter);
    arena.set(place + 4, delta);
    place += 8;
    counters++;
  };
  for (const [counter, delta] of shape.held) add(counter, delta);
  for (const counter of labelSet.counters) add(counter, 1);
  if (live) for (const counter of labelSet.liveCounters) add(counter, 1);
  arena.set(address + E_COUNTERS, counters);
}
