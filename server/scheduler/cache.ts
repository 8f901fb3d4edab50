/**
 * The cluster as the scheduler knows it: nodes, pods that stand on them (bound or assumed), and the batch
 * call that places more. Every event changes the module's memory by what is new, nothing is counted twice.
 */
import { assert } from "#apimachinery/assert.ts";
import type { Selector } from "#apimachinery/labels.ts";
import type { Node, Pod } from "#gen/api/core/v1.ts";
import {
  H_EPOCH,
  H_P_CLASS,
  H_SEED,
  H_VICTIM_COUNT,
  H_VICTIMS,
  HEADER,
} from "#gen/scheduler-abi.ts";
import { AttachedVolumes } from "./attached-volumes.ts";
import { Budgets } from "./budgets.ts";
import { type PodClass, PodClasses } from "./classes.ts";
import { type Core, openCore } from "./core.ts";
import { Counters } from "./counters.ts";
import { DevicePlans, withDevices } from "./device-plans.ts";
import type { DevicePlan, DeviceSources } from "./devices/plan.ts";
import { Garbage } from "./garbage.ts";
import { Images } from "./images.ts";
import { Kinds } from "./kinds.ts";
import { type LabelSet, LabelSets } from "./label-sets.ts";
import { type NodeFacts, nodeFacts } from "./node-facts.ts";
import { NodeFilters } from "./node-filter.ts";
import { NodeTable } from "./node-table.ts";
import { Nominations } from "./nominations.ts";
import { pinnedName } from "./pin.ts";
import { type PlacedPod, PlacedPods } from "./placed-pods.ts";
import { type PodShape, PodShapes } from "./pod-shape.ts";
import type { Labels } from "./predicate.ts";
import { defaultProfile, type Profile } from "./profile.ts";
import { SampledSearch } from "./sampled-search.ts";
import { roomAmongSharers } from "./shared-preemption.ts";
import type { StorageSource } from "./volume-binding.ts";
import {
  attachedAs,
  isExclusive,
  takenVolumes,
  type VolumeLists,
  volumeLists,
} from "./volume-lists.ts";

export interface CacheOptions {
  /** Parts equals; a run with the same seed and events decides the same. */
  readonly seed: number;
  /** Another build of the module, for tests. */
  readonly module?: WebAssembly.Module | undefined;
  /** The system default spread selector of a pod, from Services and its owner. */
  readonly defaultSelector?: ((pod: Pod) => Selector | undefined) | undefined;
  /** How the pod's scheduler name decides. */
  readonly profileOf?: ((pod: Pod) => Profile) | undefined;
  /** Interned entries that may gather before those are forgotten that nobody uses; for tests. */
  readonly garbageMax?: number | undefined;
  /** Upstream's order of nodes, its sampling and its choice among equals, instead of the best of all nodes. */
  readonly parity?: boolean | undefined;
  /** Devices and claims of them; without it pods with such claims go anywhere. */
  readonly devices?: DeviceSources | undefined;
  /** Claims and volumes; without it pods with volumes go anywhere. */
  readonly storage?: StorageSource | undefined;
}

export interface Preemption {
  readonly nodeName: string;
  readonly slot: number;
  readonly victims: readonly string[];
}

/** What a pod is to the module. */
export interface Encoded {
  readonly cls: PodClass;
  readonly shape: PodShape;
  readonly labelSet: LabelSet;
  /** Slot of the one node it may go to; -1 any; -2 a node that does not exist. */
  readonly pin: number;
  /** Why no node is even asked, in upstream's words. */
  readonly refusal: string | undefined;
  /** In `parity` mode: how many nodes are enough. */
  readonly percentage: number;
  /** Of a pod with claims of devices: good until a device is taken or freed. */
  readonly devices: DevicePlan | undefined;
  /** Resources that devices serve on nodes that have none of them. */
  readonly delegated: readonly string[];
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
  readonly #garbage: Garbage;
  readonly #pods: PlacedPods;
  readonly #batch: number;
  readonly #results: number;
  readonly budgets: Budgets;
  readonly nominations: Nominations;
  readonly attached: AttachedVolumes;
  readonly #kinds: Kinds;
  readonly #search: SampledSearch | undefined;
  #victimRoom = 0;
  readonly #plans: DevicePlans | undefined;

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
    this.#shapes = new PodShapes(
      { nodes: this.nodes, counters: this.#counters, labelSets: this.#labelSets },
      (namespace, name) => {
        const { storage } = options;
        const claim = storage?.claim(namespace, name);
        const attached = storage && attachedAs(claim, storage);
        return { exclusive: claim !== undefined && isExclusive(claim), attached };
      },
    );
    const parts = {
      arena,
      nodes: this.nodes,
      labelSets: this.#labelSets,
      counters: this.#counters,
      filters: this.#filters,
      shapes: this.#shapes,
      images: this.#images,
    };
    this.#classes = new PodClasses(parts);
    this.attached = new AttachedVolumes(this.core, this.nodes, this.#counters);
    const { attached } = this;
    this.#labelSets.onRecount = (counter, slot, delta) => calls.count(counter, slot, delta);
    this.#batch = arena.allocate(batchMax * 8);
    this.#results = arena.allocate(batchMax * 4);
    this.budgets = new Budgets(arena);
    this.#kinds = new Kinds(arena, this.budgets);
    this.#labelSets.onStale = (set) => this.#kinds.markStale(set);
    this.budgets.onCover = (namespace) => this.#labelSets.coverAnew(namespace);
    const { core, nodes } = this;
    this.nominations = new Nominations(core, { nodes, kinds: this.#kinds, attached });
    const { nominations } = this;
    const interned = { ...parts, classes: this.#classes, attached, nominations };
    this.#garbage = new Garbage(interned, options.garbageMax);
    this.#pods = new PlacedPods(core, nodes, this.#kinds);
    const { devices, profileOf } = options;
    this.#plans = devices && new DevicePlans({ core, nodes, devices, profileOf });
    this.#search = options.parity ? new SampledSearch(this.core, this.nodes) : undefined;
    this.#pods.onAttached = (volumes, nodeName, sign) =>
      this.attached.change(volumes, nodeName, sign);
  }

  /** Of the pods on nodes; Infinity without any. */
  get lowestPriority(): number {
    return this.#pods.lowestPriority;
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
    if (this.#search?.order.set(facts.name, facts.labels)) this.#search.changed();
    if (known !== undefined) return;
    this.attached.nodeAdded(facts.name);
    this.#pods.nodeAdded(facts.name, slot);
    this.nominations.nodeAdded(facts.name, slot);
  }

  removeNode(name: string): void {
    const slot = this.nodes.slotOf(name);
    if (slot === undefined) return;
    this.#pods.nodeRemoved(slot);
    this.attached.nodeRemoved(name);
    if (this.#search?.order.remove(name)) this.#search.changed();
    this.nominations.nodeRemoved(name);
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

  /** undefined: the namespace is gone. */
  setNamespace(name: string, labels: Labels | undefined): void {
    this.#labelSets.setNamespace(name, labels);
  }

  /** A pod that the API shows as bound and not finished. Confirms an assumed one. */
  setPod(pod: Pod): void {
    const key = podKey(pod);
    const known = this.#pods.get(key);
    const placed = this.#read(key, pod);
    if (
      known !== undefined &&
      known.nodeName === placed.nodeName &&
      known.kind === placed.kind &&
      known.priority === placed.priority
    ) {
      known.assumed = false;
      this.#kinds.release(placed.kind);
      if (known.start !== placed.start) {
        this.#pods.restart(known, placed.start);
        this.core.arena.set(HEADER + H_P_CLASS, 0);
      }
      return;
    }
    placed.kind.labelSet.users++;
    if (known !== undefined) this.removePod(key);
    placed.kind.labelSet.users--;
    this.#pods.add(placed);
  }

  #read(key: string, pod: Pod): PlacedPod {
    const { metadata, spec } = pod;
    const shape = this.#shapes.intern(pod, true);
    const labelSet = this.#labelSets.intern(metadata.namespace ?? "", metadata.labels);
    const live = metadata.deletionTimestamp === undefined;
    const exempt = this.budgets.exemptionsOf(metadata.namespace ?? "", metadata.name);
    return {
      key,
      priority: spec.priority ?? 0,
      // The table's own string where there is one: a pod's is a copy.
      nodeName: this.nodes.ownName(spec.nodeName ?? ""),
      kind: this.#kinds.intern({ shape, labelSet, live, exempt }),
      start: startOf(pod),
      record: 0,
      slot: -1,
      assumed: false,
      id: -1,
      place: -1,
    };
  }

  removePod(key: string): void {
    const placed = this.#pods.get(key);
    if (placed === undefined) return;
    this.#pods.delete(placed);
    const { labelSet } = placed.kind;
    this.#kinds.release(placed.kind);
    this.#labelSets.release(labelSet);
  }

  has(key: string): boolean {
    return this.#pods.get(key) !== undefined;
  }

  isAssumed(key: string): boolean {
    return this.#pods.get(key)?.assumed ?? false;
  }

  /**
   * What the pod takes that others of its batch may want too: the volumes that it attaches. undefined: devices, volumes
   * that its claims are still to get, or some that others have or wait for, which its effects count once more.
   */
  taking(pod: Pod): readonly string[] | undefined {
    const { storage } = this.#options;
    if (pod.spec.resourceClaims !== undefined) return undefined;
    if (this.#plans?.mayDelegate && this.#plans.delegated(this.#shapes.intern(pod)).length > 0)
      return undefined;
    if (storage === undefined) return [];
    const volumes = takenVolumes(pod, storage, () => this.#shapes.intern(pod).attached);
    return volumes?.some((volume) => this.attached.isHeld(volume)) ? undefined : volumes;
  }

  /**
   * What the pods are to the module, good until the next event or batch. A pod may bring a selector that
   * counts the others of the batch, so all are encoded again until nothing new turns up.
   */
  encode(pods: readonly Pod[]): Encoded[] {
    this.#labelSets.sweep();
    const collected = this.#garbage.collect();
    this.#classes.beginBatch();
    this.#plans?.clear();
    for (const { pod, nodeName, kind } of this.nominations.awaitingVolumes())
      if (this.#shapes.intern(pod, true) !== kind.shape) this.nominate(pod, nodeName);
    for (;;) {
      const before = this.#knowledge();
      const encoded = pods.map((pod) => this.#encode(pod));
      if (this.#knowledge() !== before) continue;
      // Nominated pods are tried out as well: they too count in what was just registered.
      // After a collection no kind may name what was forgotten.
      if (collected || this.nominations.size > 0) this.#kinds.freshen();
      // Asks the module, which has to know all of that.
      if (this.#plans?.make(pods, encoded)) continue;
      return encoded;
    }
  }

  /** Changes whenever a class found before may be another now. */
  #knowledge(): string {
    return `${this.#counters.made} ${this.#shapes.termsMet} ${this.#classes.generation}`;
  }

  #encode(pod: Pod): Encoded {
    const shape = this.#shapes.intern(pod);
    const labelSet = this.#labelSets.intern(pod.metadata.namespace ?? "", pod.metadata.labels);
    const own = (pod.spec.topologySpreadConstraints ?? []).length > 0;
    const defaultSelector = own ? undefined : this.#options.defaultSelector?.(pod);
    const name = pinnedName(pod.spec);
    const pin = name === undefined ? -1 : (this.nodes.slotOf(name) ?? nowhere);
    const profile = this.#options.profileOf?.(pod) ?? defaultProfile;
    const devices = this.#plans?.of(pod);
    const delegated = this.#plans?.delegated(shape) ?? [];
    const stored = this.#asked(pod, shape, profile);
    const volumes = withDevices(stored, { profile, devices, delegated });
    const priority = pod.spec.priority ?? 0;
    const cls = this.#classes.find({
      shape,
      labelSet,
      defaultSelector,
      profile,
      priority,
      volumes,
    });
    const percentage = profile.percentageOfNodesToScore;
    const refusal = shape.fault ?? volumes?.refusal ?? devices?.refusal ?? devices?.error;
    return { cls, shape, labelSet, pin, refusal, percentage, devices, delegated };
  }

  /** What the pod's volumes ask; undefined: it has none that anybody looks at. */
  #asked(pod: Pod, shape: PodShape, profile: Profile): VolumeLists | undefined {
    const { storage } = this.#options;
    if (storage === undefined || pod.spec.volumes === undefined) return undefined;
    return volumeLists(pod, {
      nodes: this.nodes,
      storage,
      profile,
      shape,
      attached: this.attached,
      disks: this.#shapes.diskConflicts(pod.spec),
      counterOfClaim: (namespace, name) => this.#shapes.claimCounter(namespace, name),
    });
  }

  /**
   * Places pods in order, each seeing those before it; `placed` hears the slot. Stops at the first that fits
   * nowhere and returns its index, with the cluster as that pod saw it; else how many there were.
   */
  schedule(pods: readonly Encoded[], placed: (index: number, slot: number) => void): number {
    const { arena, calls } = this.core;
    assert(pods.length <= batchMax, "a batch fits its buffer");
    if (this.#search !== undefined) return this.#scheduleSampled(this.#search, pods, placed);
    pods.forEach(({ cls, pin }, index) => {
      arena.set(this.#batch + index * 8, cls.address);
      arena.set(this.#batch + index * 8 + 4, pin);
    });
    const done = calls.schedule(this.#batch, this.#results, pods.length);
    for (let index = 0; index < done; index++) placed(index, arena.get(this.#results + index * 4));
    return done;
  }

  #scheduleSampled(
    search: SampledSearch,
    pods: readonly Encoded[],
    placed: (index: number, slot: number) => void,
  ): number {
    const { arena, calls } = this.core;
    for (const [index, { cls, pin, percentage }] of pods.entries()) {
      const slot =
        pin === -1 ? search.choose(cls.address, percentage) : search.pinned(cls.address, pin);
      if (slot < 0) return index;
      arena.set(this.#batch, cls.address);
      arena.set(this.#batch + 4, slot);
      calls.schedule(this.#batch, this.#results, 1);
      placed(index, slot);
    }
    return pods.length;
  }

  /** Notes what `schedule` already did in the module: the pod stands on the node until told otherwise. */
  assume(pod: Pod, { shape, labelSet }: Encoded, slot: number, key = podKey(pod)): void {
    const placed = {
      key,
      priority: pod.spec.priority ?? 0,
      nodeName: this.nodes.nameOf(slot),
      kind: this.#kinds.intern({ shape, labelSet, live: true, exempt: "" }),
      start: Infinity,
      record: 0,
      slot,
      assumed: true,
      id: -1,
      place: -1,
    };
    this.#pods.add(placed, true);
  }

  /** The pod waits for room on the node; pods of no higher priority heed it. */
  nominate(pod: Pod, nodeName: string): void {
    const { metadata } = pod;
    const shape = this.#shapes.intern(pod, true);
    const labelSet = this.#labelSets.intern(metadata.namespace ?? "", metadata.labels);
    const kind = this.#kinds.intern({ shape, labelSet, live: true, exempt: "" });
    this.nominations.add(podKey(pod), { pod, nodeName, kind });
  }

  /**
   * The node where evicting pods of lower priority lets the pod in at least cost, with their keys, most
   * important first. undefined: nowhere; H_P_VERDICTS says why.
   */
  preempt(encoded: Encoded): Preemption | undefined {
    const { cls, pin } = encoded;
    const { calls } = this.core;
    this.#kinds.freshen();
    this.#reserveVictims();
    const found = calls.preempt(cls.address, pin);
    const { core, nodes, attached, nominations } = this;
    const parts = { core, nodes, pods: this.#pods, attached, nominations };
    const room = roomAmongSharers(parts, encoded);
    if (room === "none" || (room === undefined && found < 0)) return undefined;
    const slot = room?.slot ?? found;
    if (room !== undefined && room.victims === undefined) calls.preempt(cls.address, slot);
    const victims = [...(room?.victims ?? this.#victimsFound(slot))];
    victims.sort((a, b) => b.priority - a.priority || a.start - b.start);
    return { nodeName: this.nodes.nameOf(slot), slot, victims: victims.map(({ key }) => key) };
  }

  /** Whom the module has just found. */
  #victimsFound(slot: number): PlacedPod[] {
    const { arena } = this.core;
    const first = arena.get(HEADER + H_VICTIMS) >> 2;
    const records = new Set(arena.i32.subarray(first, first + arena.get(HEADER + H_VICTIM_COUNT)));
    return this.#pods.on(slot).filter(({ record }) => records.has(record));
  }

  /** H_VICTIMS has room for the pods of the fullest node. */
  #reserveVictims(): void {
    const most = this.#pods.mostOnNode;
    if (most <= this.#victimRoom) return;
    const { arena } = this.core;
    if (this.#victimRoom > 0) arena.free(arena.get(HEADER + H_VICTIMS), this.#victimRoom * 4);
    this.#victimRoom = most * 2;
    arena.set(HEADER + H_VICTIMS, arena.allocate(this.#victimRoom * 4));
  }

  /** Keys of the pods on the node of lower priority than this. */
  lesserPods(nodeName: string, priority: number): string[] {
    const slot = this.nodes.slotOf(nodeName);
    if (slot === undefined) return [];
    return this.#pods
      .on(slot)
      .filter((placed) => placed.priority < priority)
      .map(({ key }) => key);
  }
}

function startOf({ status }: Pod): number {
  const started = status?.startTime;
  return started === undefined ? Infinity : Date.parse(started) / 1000;
}
