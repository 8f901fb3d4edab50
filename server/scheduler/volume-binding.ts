/**
 * VolumeBinding: which volumes the claims of a pod get on a node, or why they get none there. Pure; asked by the
 * filter of every node, by the score of feasible ones and once more when the pod is bound.
 */
import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  TopologySelectorTerm,
} from "#gen/api/core/v1.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";
import type { CSIDriver, CSIStorageCapacity, StorageClass } from "#gen/api/storage/v1.ts";
import {
  V_UNRESOLVABLE,
  V_VOLUME_GONE,
  V_VOLUME_NODE,
  V_VOLUME_NONE,
  V_VOLUME_SPACE,
} from "#gen/scheduler-abi.ts";
import {
  bindCompleted,
  classNameOf,
  isReservedFor,
  selectedNode,
} from "#resources/core/v1/claim-binding.ts";
import type { NodeFacts } from "./node-facts.ts";
import { matchesSelector } from "./node-match.ts";
import { amountOf } from "./pod-requests.ts";
import type { Labels } from "./predicate.ts";
import type { ShapePoint } from "./profile.ts";

/** What the API knows of storage. */
export interface StorageSource {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumes(): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
  driver(name: string): CSIDriver | undefined;
  capacities(): readonly CSIStorageCapacity[];
}

interface Binding {
  readonly claim: PersistentVolumeClaim;
  readonly volume: PersistentVolume;
}

interface Provision {
  readonly claim: PersistentVolumeClaim;
  /** Of what is left where the node gets its volumes from; undefined: not told. */
  readonly capacity: CSIStorageCapacity | undefined;
}

export interface FoundVolumes {
  /** Verdict bits; 0: the node does. */
  readonly verdict: number;
  readonly bindings: readonly Binding[];
  readonly provisions: readonly Provision[];
}

const noProvisioner = "kubernetes.io/no-provisioner";

export function isBound(claim: PersistentVolumeClaim): boolean {
  const completed = claim.metadata.annotations?.[bindCompleted] !== undefined;
  return Boolean(claim.spec.volumeName) && completed;
}

/** Bytes. */
function sizeOf(claim: PersistentVolumeClaim): number {
  return amountOf("storage", claim.spec.resources?.requests?.["storage"] ?? "0");
}

function roomOf({ spec }: PersistentVolume): number {
  return amountOf("storage", spec.capacity?.["storage"] ?? "0");
}

export function reaches({ spec }: PersistentVolume, node: NodeFacts): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || matchesSelector(required, node);
}

function selects(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return true;
  try {
    return matches(selectorFromLabelSelector(selector), labels);
  } catch {
    return false;
  }
}

/** Could the volume be bound to the claim on some node? */
export function suits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec, metadata, status } = volume;
  const reserved = isReservedFor(volume, claim);
  const fits =
    metadata.deletionTimestamp === undefined &&
    roomOf(volume) >= sizeOf(claim) &&
    (spec.volumeMode ?? "Filesystem") === (claim.spec.volumeMode ?? "Filesystem") &&
    (spec.volumeAttributesClassName ?? "") === (claim.spec.volumeAttributesClassName ?? "");
  if (!fits || spec.claimRef !== undefined) return fits && reserved;
  return (
    status?.phase === "Available" &&
    classNameOf(volume) === classNameOf(claim) &&
    (claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode)) &&
    selects(claim.spec.selector, metadata.labels ?? {})
  );
}

/** The volume reserved for the claim, else the smallest that the node reaches. */
function volumeFor(
  claim: PersistentVolumeClaim,
  node: NodeFacts,
  candidates: readonly PersistentVolume[],
): PersistentVolume | undefined {
  const reserved = candidates.find((volume) => isReservedFor(volume, claim));
  if (reserved !== undefined) return reaches(reserved, node) ? reserved : undefined;
  let smallest: PersistentVolume | undefined;
  for (const volume of candidates) {
    if (!reaches(volume, node)) continue;
    if (smallest === undefined || roomOf(volume) < roomOf(smallest)) smallest = volume;
  }
  return smallest;
}

function servesNode(storageClass: StorageClass, node: NodeFacts): boolean {
  const terms: readonly TopologySelectorTerm[] = storageClass.allowedTopologies ?? [];
  return (
    terms.length === 0 ||
    terms.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values }) => values.includes(node.labels[key] ?? "")),
    )
  );
}

/** What the class's driver reports of space; undefined: it reports none, so any volume can be made. */
export function capacitiesOf(
  storageClass: StorageClass,
  storage: StorageSource,
): readonly CSIStorageCapacity[] | undefined {
  if (storage.driver(storageClass.provisioner)?.spec.storageCapacity !== true) return undefined;
  const { name } = storageClass.metadata;
  return storage.capacities().filter((one) => one.storageClassName === name);
}

function hasSpace(one: CSIStorageCapacity, claim: PersistentVolumeClaim, node: NodeFacts): boolean {
  const most = one.maximumVolumeSize ?? one.capacity;
  if (most === undefined || one.nodeTopology === undefined) return false;
  return amountOf("storage", most) >= sizeOf(claim) && selects(one.nodeTopology, node.labels);
}

/** The claims to make volumes for, or why they cannot be made there. */
function provisionsFor(
  claims: readonly PersistentVolumeClaim[],
  storage: StorageSource,
  node: NodeFacts,
): { readonly verdict: number; readonly provisions: readonly Provision[] } {
  const provisions: Provision[] = [];
  const refused = (reason: number) => ({ verdict: reason | V_UNRESOLVABLE, provisions: [] });
  for (const claim of claims) {
    const storageClass = storage.storageClass(classNameOf(claim));
    const { provisioner = "" } = storageClass ?? {};
    if (storageClass === undefined || provisioner === "" || provisioner === noProvisioner)
      return refused(V_VOLUME_NONE);
    if (!servesNode(storageClass, node)) return refused(V_VOLUME_NONE);
    const told = sizeOf(claim) > 0 ? capacitiesOf(storageClass, storage) : undefined;
    const capacity = told?.find((one) => hasSpace(one, claim, node));
    if (told !== undefined && capacity === undefined) return refused(V_VOLUME_SPACE);
    provisions.push({ claim, capacity });
  }
  return { verdict: 0, provisions };
}

function boundVerdict(
  bound: readonly PersistentVolumeClaim[],
  storage: StorageSource,
  node: NodeFacts,
): number {
  for (const claim of bound) {
    const volume = storage.volume(claim.spec.volumeName ?? "");
    if (volume === undefined) return V_VOLUME_GONE | V_UNRESOLVABLE;
    if (!reaches(volume, node)) return V_VOLUME_NODE | V_UNRESOLVABLE;
  }
  return 0;
}

/** Of a pod's claims on a node: the bound, and those that wait for their first consumer. */
export function findVolumes(
  claims: {
    readonly bound: readonly PersistentVolumeClaim[];
    readonly waiting: readonly PersistentVolumeClaim[];
  },
  storage: StorageSource,
  node: NodeFacts,
): FoundVolumes {
  const verdict = boundVerdict(claims.bound, storage, node);
  const elsewhere = claims.waiting.some(({ metadata }) => {
    const selected = metadata.annotations?.[selectedNode];
    return selected !== undefined && selected !== node.name;
  });
  if (elsewhere)
    return { verdict: verdict | V_VOLUME_NONE | V_UNRESOLVABLE, bindings: [], provisions: [] };
  const bindings: Binding[] = [];
  const unmatched: PersistentVolumeClaim[] = [];
  const taken = new Set<string>();
  for (const claim of claims.waiting.toSorted((a, b) => sizeOf(a) - sizeOf(b))) {
    const candidates = storage
      .volumes()
      .filter((volume) => !taken.has(volume.metadata.name) && suits(volume, claim));
    const volume = claim.metadata.annotations?.[selectedNode]
      ? undefined
      : volumeFor(claim, node, candidates);
    if (volume === undefined) {
      unmatched.push(claim);
      continue;
    }
    taken.add(volume.metadata.name);
    bindings.push({ claim, volume });
  }
  const made = provisionsFor(unmatched, storage, node);
  return { verdict: verdict | made.verdict, bindings, provisions: made.provisions };
}

/** Between two points of the shape straight on, in integers; flat outside. */
function onShape(shape: readonly ShapePoint[], utilization: number): number {
  const after = shape.findIndex((point) => utilization <= point.utilization);
  const next = shape[after];
  const before = shape[after - 1];
  if (next === undefined) return (shape.at(-1)?.score ?? 0) * shapeScale;
  if (before === undefined) return next.score * shapeScale;
  const rise = (next.score - before.score) * shapeScale * (utilization - before.utilization);
  return before.score * shapeScale + Math.trunc(rise / (next.utilization - before.utilization));
}

/** Shapes give scores from 0 to 10. */
const shapeScale = 10;

/** How full its storage would be, by class; 0 to 100. */
export function volumeScore(found: FoundVolumes, shape: readonly ShapePoint[]): number {
  const classes = new Map<string, { requested: number; capacity: number }>();
  const of = (name: string) => {
    const known = classes.get(name) ?? { requested: 0, capacity: 0 };
    classes.set(name, known);
    return known;
  };
  for (const { claim, volume } of found.bindings) {
    const sum = of(volume.spec.storageClassName ?? "");
    sum.requested += sizeOf(claim);
    sum.capacity += roomOf(volume);
  }
  for (const { claim, capacity } of found.bindings.length > 0 ? [] : found.provisions) {
    if (capacity === undefined) continue;
    const sum = of(classNameOf(claim));
    sum.requested += sizeOf(claim);
    sum.capacity = amountOf("storage", capacity.capacity ?? "0");
  }
  if (classes.size === 0) return 0;
  let total = 0;
  for (const { requested, capacity } of classes.values()) {
    const full = capacity === 0 || requested > capacity;
    total += onShape(shape, full ? 100 : Math.trunc((requested * 100) / capacity));
  }
  return Math.round(total / classes.size);
}
