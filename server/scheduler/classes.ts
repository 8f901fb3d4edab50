/**
 * Classes: pods that no plugin can tell apart (one shape, labels that the same selectors match). A class is
 * a record in the module's memory: what its filters and scores ask, and the cache of the nodes' answers.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Selector } from "#apimachinery/labels.ts";
import type { PodSpec, Toleration } from "#gen/api/core/v1.ts";
import {
  CLASS_BYTES,
  G_FEATURES,
  H_P_CLASS,
  HEADER,
  K_ACROSS,
  K_ADDED_FILTER,
  K_AFFINITY,
  K_AFFINITY_SELF,
  K_ANTI_AFFINITY,
  K_ATTRACTION_FEATURE,
  K_ATTRACTIONS,
  K_CONTAINERS,
  K_COUNTS_PODS,
  K_CPU,
  K_DEVICE_SCORES,
  K_DISKS,
  K_EFFECTS,
  K_EPOCH,
  K_EXCLUSIVE,
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
  K_LIMITS,
  K_MAXIMA,
  K_MAXIMA_BYTES,
  K_MEMORY,
  K_NAME,
  K_NODE_SETS,
  K_PORTS,
  K_PREFERRED,
  K_PREFERRED_FEATURE,
  K_PRIORITY,
  K_REQUESTS,
  K_SCAN,
  K_SOFT_NEEDS_KEYS,
  K_SOFT_SPREAD,
  K_SOFT_TAINTS,
  K_STATIC,
  K_TAINT_FEATURE,
  K_TOLERATES_UNSCHEDULABLE,
  K_VOLUME_SCORES,
  K_VOLUME_SETS,
  K_WEIGHTS,
  K_ZONE_SETS,
  LOCAL,
  PREFERRED,
  TAINTS,
} from "#gen/scheduler-abi.ts";
import type { Arena } from "./arena.ts";
import { ClassRecord } from "./class-record.ts";
import { constraintLists, Features, registerCounters, type Subject } from "./constraints.ts";
import type { Counters } from "./counters.ts";
import { effectBytes, writeEffects } from "./effects.ts";
import type { Images } from "./images.ts";
import type { LabelSets } from "./label-sets.ts";
import { type NodeFilter, type NodeFilters, tolerates } from "./node-filter.ts";
import type { NodeTable } from "./node-table.ts";
import { nodeQuestions } from "./plugins/node-questions.ts";
import { unschedulableTaint } from "./plugins/node-unschedulable.ts";
import type { PluginName } from "./plugins/registry.ts";
import type { PodShape, PodShapes } from "./pod-shape.ts";
import { countsResource, type Profile, scorers } from "./profile.ts";
import type { Names } from "./reasons.ts";
import { writeScoring } from "./scoring.ts";

export interface PodClass {
  /** No other ever has it, whereas addresses are used again. */
  readonly id: number;
  readonly address: number;
  readonly shape: PodShape;
  readonly names: Names;
  readonly imageIds: readonly number[];
  readonly told: (readonly [filter: NodeFilter, tell: (address: number) => void])[];
  readonly blocks: (readonly [address: number, bytes: number])[];
  groupCapacity: number;
  lastUsed: number;
}

/** A class, and what about a pod of its shape led to it. */
interface Found {
  readonly cls: PodClass;
  readonly namespace: string;
  readonly defaultSelector: Selector | undefined;
  readonly system: string;
  readonly asking: string;
  readonly signature: string;
  readonly profile: Profile;
  readonly priority: number;
  readonly volumesSignature: string;
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
  /** By shape: the class that one of its pods was found to be of. */
  #last: (Found | undefined)[] = [];
  /** Raised when all classes are dropped. */
  generation = 0;
  /** Keys of shapes that had a class at the last collection, and none since; how many they were. */
  #forgotten = new Set<string>();
  #forgottenOnce = 0;
  #tick = 0;
  #built = 0;
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
    const { shape, labelSet, defaultSelector, profile, priority, volumes } = subject;
    const last = this.#last[shape.id];
    const system =
      last !== undefined && sameSystem(last, subject) ? last.system : systemOf(subject);
    const asking = last?.system === system ? last.asking : `${shape.id} ${system}`;
    if (asking !== last?.asking && !this.#registered.has(asking)) {
      registerCounters({ ...this.#parts, topologies: this.#parts.nodes.topologies }, subject);
      this.#registered.add(asking);
    }
    const signature = labelSets.signatureOf(labelSet);
    const volumesSignature = volumes?.signature ?? "";
    if (
      last !== undefined &&
      last.asking === asking &&
      last.signature === signature &&
      last.profile === profile &&
      last.priority === priority &&
      last.volumesSignature === volumesSignature
    ) {
      return this.#use(last.cls);
    }
    const rest = `${profile.id} ${priority} ${volumesSignature}`;
    const key = `${asking} ${signature} ${rest}`;
    let cls = this.#classes.get(key);
    if (cls === undefined) {
      cls = this.#build(subject);
      this.#classes.set(key, cls);
    }
    const { namespace } = labelSet;
    const found = { namespace, system, asking, signature, volumesSignature };
    this.#last[shape.id] = { cls, profile, priority, defaultSelector, ...found };
    return this.#use(cls);
  }

  #use(cls: PodClass): PodClass {
    cls.lastUsed = this.#tick;
    this.#widen(cls);
    return cls;
  }

  /** The nodes' images, or how many nodes there are, changed. */
  imagesChanged(): void {
    for (const cls of this.#classes.values()) {
      if (this.#parts.images.anyHeld(cls.imageIds)) this.#parts.arena.set(cls.address + K_EPOCH, 0);
    }
  }

  /** Forgets all, and that any counter was registered. True: most of what was forgotten last time came back. */
  collect(): boolean {
    const cameBack = this.#forgotten.size < this.#forgottenOnce / 2;
    this.#forgotten = new Set([...this.#classes.values()].map(({ shape }) => shape.key));
    this.#forgottenOnce = this.#forgotten.size;
    this.dropAll();
    this.#registered.clear();
    return cameBack;
  }

  dropAll(): void {
    this.generation++;
    for (const [key, cls] of this.#classes) this.#drop(key, cls);
  }

  #drop(key: string, cls: PodClass): void {
    for (const [filter, tell] of cls.told) filter.forget(tell);
    this.#parts.arena.set(HEADER + H_P_CLASS, 0);
    for (const [address, bytes] of cls.blocks) {
      this.#parts.arena.free(address, bytes);
      this.#bytes -= bytes;
    }
    this.#classes.delete(key);
    this.#last = [];
  }

  #build(subject: Subject): PodClass {
    const { shape } = subject;
    this.#forgotten.delete(shape.key);
    const blocks: (readonly [number, number])[] = [];
    const address = this.#allocate(blocks, CLASS_BYTES);
    const record = new ClassRecord(this.#parts.arena, address, (bytes) =>
      this.#allocate(blocks, bytes),
    );
    const told: [NodeFilter, (address: number) => void][] = [];
    const tell = (offset: number, filter: NodeFilter) => {
      const put = (at: number) => record.put(offset, at);
      filter.onWritten(put);
      told.push([filter, put]);
    };
    const features = new Features();
    this.#writeNodeQuestions(record, subject, features, tell);
    const requests = this.#writeRequests(record, subject);
    const drivers = (subject.volumes?.limits ?? []).map(({ driver }) => driver);
    const imageIds = this.#writeImages(record, shape.spec);
    this.#writeConstraints(record, subject, features);
    this.#writeVolumes(record, subject);
    this.#writeNodeSets(record, subject);
    writeScoring(record, subject, this.#parts.nodes);
    record.list(K_FEATURES, [features.count, ...features.numbers]);
    const lastUsed = this.#tick;
    const names = { names: { requests, drivers }, imageIds };
    const cls = {
      id: this.#built++,
      address,
      shape,
      ...names,
      told,
      blocks,
      groupCapacity: 0,
      lastUsed,
    };
    this.#allocateCache(cls, features.count);
    return cls;
  }

  #writeNodeQuestions(
    record: ClassRecord,
    { shape: { spec }, profile }: Subject,
    features: Features,
    tell: (offset: number, filter: NodeFilter) => void,
  ): void {
    const { nodes, filters } = this.#parts;
    const has = (filter: PluginName) => profile.filters.has(filter);
    const tolerations: readonly Toleration[] = spec.tolerations ?? [];
    const affinity = has("NodeAffinity") ? spec : undefined;
    tell(K_FILTER, filters.intern(affinity, has("TaintToleration") ? tolerations : undefined, []));
    const added = profile.addedAffinity;
    if (affinity !== undefined && added?.requiredDuringSchedulingIgnoredDuringExecution) {
      const addedSpec: PodSpec = { containers: [], affinity: { nodeAffinity: added } };
      tell(K_ADDED_FILTER, filters.intern(addedSpec, undefined, []));
    }
    record.put(K_NAME, has("NodeName") ? nameSet(nodes, spec.nodeName) : -1);
    const unschedulable = !has("NodeUnschedulable") || tolerates(tolerations, unschedulableTaint);
    record.put(K_TOLERATES_UNSCHEDULABLE, unschedulable ? 1 : 0);
    const softTaints = filters.softTaints(tolerations);
    record.counted(K_SOFT_TAINTS, softTaints);
    record.put(K_TAINT_FEATURE, softTaints.length > 0 ? features.index(TAINTS) : -1);
    const preferred = [
      ...(added?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []),
    ];
    record.counted(
      K_PREFERRED,
      preferred.map(({ weight, preference }) => {
        const requirements = filters.term(preference);
        return [weight, requirements.length, ...requirements];
      }),
    );
    record.put(K_PREFERRED_FEATURE, preferred.length > 0 ? features.index(PREFERRED) : -1);
  }

  /** Returns the names of the requests that the filter looks at. */
  #writeRequests(record: ClassRecord, subject: Subject): string[] {
    const { shape, labelSet, priority, profile } = subject;
    const { arena, shapes } = this.#parts;
    const fits = profile.filters.has("NodeResourcesFit");
    const looksAt = (name: string) => fits && countsResource(profile, name);
    const names = shape.requestNames.filter(looksAt);
    const requests = shape.requests.filter((_, index) => looksAt(shape.requestNames[index] ?? ""));
    const list = record.block(K_REQUESTS, 8 + requests.length * 16);
    arena.set(list, requests.length);
    requests.forEach(([resource, amount], index) => {
      arena.set(list + 8 + index * 16, resource);
      const byDevices = subject.volumes?.delegated.includes(names[index] ?? "") === true;
      arena.set(list + 12 + index * 16, byDevices ? 1 : 0);
      arena.setDouble(list + 16 + index * 16, amount);
    });
    record.put(K_COUNTS_PODS, fits ? 1 : 0);
    record.put(K_PRIORITY, priority);
    record.counted(K_PORTS, profile.filters.has("NodePorts") ? shapes.conflicts(shape.spec) : []);
    const effects = record.block(K_EFFECTS, effectBytes(shape, labelSet));
    writeEffects(arena, effects, { shape, labelSet, live: true });
    arena.setDouble(record.address + K_CPU, shape.cpu);
    arena.setDouble(record.address + K_MEMORY, shape.memory);
    scorers.forEach((scorer, index) => {
      record.put(K_WEIGHTS + index * 4, profile.weights[scorer]);
    });
    return names;
  }

  #writeImages(record: ClassRecord, spec: PodSpec): readonly number[] {
    const containers = [...(spec.initContainers ?? []), ...spec.containers];
    const names = [
      ...containers.map(({ image = "" }) => image),
      ...(spec.volumes ?? []).flatMap(({ image }) => (image ? [image.reference ?? ""] : [])),
    ];
    const ids = names.map((name) => this.#parts.images.intern(name));
    record.counted(K_IMAGES, ids);
    record.put(K_CONTAINERS, names.length);
    return ids;
  }

  #writeConstraints(record: ClassRecord, subject: Subject, features: Features): void {
    const parts = { ...this.#parts, topologies: this.#parts.nodes.topologies };
    const constraints = constraintLists(parts, subject, features);
    record.counted(K_HARD_SPREAD, constraints.hard);
    record.counted(K_SOFT_SPREAD, constraints.soft);
    record.put(K_SOFT_NEEDS_KEYS, constraints.softNeedsKeys ? 1 : 0);
    record.counted(K_AFFINITY, constraints.affinity);
    record.put(K_AFFINITY_SELF, constraints.affinitySelf ? 1 : 0);
    record.counted(K_ANTI_AFFINITY, constraints.anti);
    record.counted(K_EXISTING_ANTI, constraints.existing);
    record.counted(K_ATTRACTIONS, constraints.attractions);
    record.put(K_ATTRACTION_FEATURE, constraints.attractionFeature);
    const { hard, affinity, anti, existing } = constraints;
    const across =
      hard.length + affinity.length > 0 ||
      [...anti, ...existing].some(([, kind]) => kind !== LOCAL) ||
      (subject.volumes?.exclusive.length ?? 0) > 0;
    record.put(K_ACROSS, across ? 1 : 0);
  }

  #writeNodeSets(record: ClassRecord, { shape, profile }: Subject): void {
    const asked = nodeQuestions.filter(({ plugin }) => profile.filters.has(plugin));
    const rows = asked.flatMap(({ plugin, verdict, needs }) =>
      needs(shape.spec).map(({ name, met }) => [
        this.#parts.nodes.setId(`${plugin} ${name}`, met),
        verdict,
      ]),
    );
    record.counted(K_NODE_SETS, rows);
  }

  #writeVolumes(record: ClassRecord, { volumes }: Subject): void {
    record.counted(K_VOLUME_SETS, volumes?.sets ?? []);
    record.counted(K_ZONE_SETS, volumes?.zones ?? []);
    record.counted(K_VOLUME_SCORES, volumes?.scores ?? []);
    record.counted(K_DEVICE_SCORES, volumes?.deviceScores ?? []);
    record.counted(
      K_LIMITS,
      (volumes?.limits ?? []).map(({ used, limit, wanted, installed, shared }) => [
        ...[used, limit, wanted, installed],
        ...[shared.length, ...shared],
      ]),
    );
    record.counted(K_DISKS, volumes?.disks ?? []);
    record.counted(K_EXCLUSIVE, volumes?.exclusive ?? []);
  }

  #allocateCache(cls: PodClass, features: number): void {
    const { arena, nodes } = this.#parts;
    const { capacity } = nodes.columns;
    const put = (offset: number, value: number) => arena.set(cls.address + offset, value);
    put(K_STATIC, this.#allocate(cls.blocks, capacity / 8));
    put(K_KEYS, this.#allocate(cls.blocks, capacity * 4));
    if (features > 0) put(K_GROUP_OF, this.#allocate(cls.blocks, capacity * 4));
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

function sameSystem(last: Found, { defaultSelector, labelSet }: Subject): boolean {
  if (defaultSelector === undefined) return last.defaultSelector === undefined;
  return last.namespace === labelSet.namespace && deepEqual(defaultSelector, last.defaultSelector);
}

/** System default spreading counts pods of one namespace. */
function systemOf({ labelSet, defaultSelector }: Subject): string {
  if (defaultSelector === undefined) return "";
  return `${labelSet.namespace} ${JSON.stringify(defaultSelector)}`;
}
