/**
 * What a pod's volumes and claims ask of nodes, as the lists of numbers that a class holds: VolumeRestrictions,
 * VolumeZone and VolumeBinding. A question about nodes is a set, shared by all volumes that ask the same.
 */
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
  TopologySelectorTerm,
} from "#gen/api/core/v1.ts";
import type { StorageClass } from "#gen/api/storage/v1.ts";
import { V_UNRESOLVABLE, V_VOLUME_NODE, V_VOLUME_NONE, V_VOLUME_ZONE } from "#gen/scheduler-abi.ts";
import { claimNames } from "./disks.ts";
import type { NodeFacts } from "./node-facts.ts";
import { matchesSelector } from "./node-match.ts";
import type { NodeTable } from "./node-table.ts";
import { amountOf } from "./pod-requests.ts";
import type { Profile } from "./profile.ts";

export interface VolumeLists {
  /** Equal for pods of which the module need not tell the volumes apart. */
  readonly signature: string;
  /** [set that the node must be in, verdict where it is not]. */
  readonly sets: readonly (readonly [set: number, verdict: number])[];
  readonly zones: readonly (readonly [set: number, verdict: number])[];
  /** Counters that must be 0 on the node. */
  readonly disks: readonly number[];
  /** Counters that must be 0 everywhere. */
  readonly exclusive: readonly number[];
  /** Why no node can take the pod, in upstream's words. */
  readonly refusal: string | undefined;
}

/** What the API knows of storage. */
export interface StorageSource {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined;
  volume(name: string): PersistentVolume | undefined;
  volumes(): readonly PersistentVolume[];
  storageClass(name: string): StorageClass | undefined;
}

interface Parts {
  readonly nodes: NodeTable;
  readonly storage: StorageSource;
  readonly profile: Profile;
  readonly disks: readonly number[];
  readonly counterOfClaim: (namespace: string, name: string) => number;
}

const noProvisioner = "kubernetes.io/no-provisioner";
const zoneLabels = [
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
];

export function isBound(claim: PersistentVolumeClaim): boolean {
  const completed = claim.metadata.annotations?.["pv.kubernetes.io/bind-completed"] !== undefined;
  return Boolean(claim.spec.volumeName) && (completed || claim.status?.phase === "Bound");
}

/** For one pod of the cluster alone. */
export function isExclusive({ spec }: PersistentVolumeClaim): boolean {
  return spec.accessModes?.includes("ReadWriteOncePod") ?? false;
}

/** Could the volume be bound to the claim? */
export function suits(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  const { spec, metadata, status } = volume;
  const reserved = spec.claimRef;
  if (reserved !== undefined) {
    const { name, namespace, uid } = reserved;
    const same = name === claim.metadata.name && namespace === claim.metadata.namespace;
    return same && (!uid || uid === claim.metadata.uid);
  }
  const wanted = claim.spec.resources?.requests?.["storage"] ?? "0";
  const labels = claim.spec.selector?.matchLabels ?? {};
  return (
    metadata.deletionTimestamp === undefined &&
    (status?.phase === "Available" || status?.phase === undefined) &&
    (spec.storageClassName ?? "") === (claim.spec.storageClassName ?? "") &&
    (spec.volumeMode ?? "Filesystem") === (claim.spec.volumeMode ?? "Filesystem") &&
    (claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode)) &&
    amountOf("storage", spec.capacity?.["storage"] ?? "0") >= amountOf("storage", wanted) &&
    Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value)
  );
}

export function reaches({ spec }: PersistentVolume, node: NodeFacts): boolean {
  const required = spec.nodeAffinity?.required;
  return required === undefined || matchesSelector(required, node);
}

/** Does the class provision where the node is? */
function provisionsOn(storageClass: StorageClass | undefined, node: NodeFacts): boolean {
  if (storageClass === undefined || storageClass.provisioner === noProvisioner) return false;
  const terms: readonly TopologySelectorTerm[] = storageClass.allowedTopologies ?? [];
  return (
    terms.length === 0 ||
    terms.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values }) => values.includes(node.labels[key] ?? "")),
    )
  );
}

function waitsForConsumer(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === "WaitForFirstConsumer";
}

class Lists {
  readonly sets: [number, number][] = [];
  readonly zones: [number, number][] = [];
  readonly exclusive: number[] = [];
  refusal: string | undefined;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The first reason stays. */
  refuse(why: string): void {
    this.refusal ??= why;
  }

  addClaim(namespace: string, name: string): void {
    const { storage, profile, counterOfClaim } = this.#parts;
    const claim = storage.claim(namespace, name);
    if (claim === undefined) {
      this.refuse(`persistentvolumeclaim "${name}" not found`);
      return;
    }
    if (claim.metadata.deletionTimestamp !== undefined) {
      this.refuse(`persistentvolumeclaim "${name}" is being deleted`);
      return;
    }
    if (profile.filters.has("VolumeRestrictions")) {
      if (isExclusive(claim)) this.exclusive.push(counterOfClaim(namespace, name));
    }
    if (isBound(claim)) this.#addBound(claim);
    else if (profile.filters.has("VolumeBinding")) this.#addUnbound(claim);
  }

  #addBound(claim: PersistentVolumeClaim): void {
    const { storage, nodes, profile } = this.#parts;
    const volume = storage.volume(claim.spec.volumeName ?? "");
    if (volume === undefined) {
      const missing = `bound to non-existent persistentvolume "${claim.spec.volumeName}"`;
      this.refuse(`persistentvolumeclaim "${claim.metadata.name}" ${missing}`);
      return;
    }
    const required = volume.spec.nodeAffinity?.required;
    if (required !== undefined && profile.filters.has("VolumeBinding")) {
      const asks = (node: NodeFacts) => matchesSelector(required, node);
      const set = nodes.setId(`volume ${JSON.stringify(required)}`, asks);
      this.sets.push([set, V_VOLUME_NODE | V_UNRESOLVABLE]);
    }
    if (profile.filters.has("VolumeZone")) this.#addZones(volume);
  }

  #addZones({ metadata }: PersistentVolume): void {
    for (const key of zoneLabels) {
      const value = metadata.labels?.[key];
      if (value === undefined) continue;
      const zones = value.split("__");
      const free = (node: NodeFacts) =>
        zoneLabels.every((label) => node.labels[label] === undefined);
      const set = this.#parts.nodes.setId(
        `zone ${key} ${value}`,
        (node) => free(node) || zones.includes(node.labels[key] ?? ""),
      );
      this.zones.push([set, V_VOLUME_ZONE | V_UNRESOLVABLE]);
    }
  }

  /** A node does that an unbound volume reaches which suits the claim, or where one can be made. */
  #addUnbound(claim: PersistentVolumeClaim): void {
    const { storage, nodes } = this.#parts;
    const storageClass = storage.storageClass(claim.spec.storageClassName ?? "");
    if (!waitsForConsumer(storageClass)) {
      this.refuse("pod has unbound immediate PersistentVolumeClaims");
      return;
    }
    const selected = storage.volumes().filter((volume) => suits(volume, claim));
    const affinities = [...new Set(selected.map(({ spec }) => JSON.stringify(spec.nodeAffinity)))];
    const topologies = [storageClass?.provisioner, storageClass?.allowedTopologies];
    const signature = `unbound ${JSON.stringify([topologies, affinities.sort()])}`;
    const set = nodes.setId(
      signature,
      (node) =>
        provisionsOn(storageClass, node) || selected.some((volume) => reaches(volume, node)),
    );
    this.sets.push([set, V_VOLUME_NONE | V_UNRESOLVABLE]);
  }
}

/** undefined: the pod has no volume that any plugin looks at. */
export function volumeLists(pod: Pod, parts: Parts): VolumeLists | undefined {
  const claims = claimNames(pod);
  const disks = parts.profile.filters.has("VolumeRestrictions") ? parts.disks : [];
  if (claims.length + disks.length === 0) return undefined;
  const lists = new Lists(parts);
  for (const name of claims) lists.addClaim(pod.metadata.namespace ?? "", name);
  const { sets, zones, exclusive, refusal } = lists;
  return { signature: JSON.stringify([sets, zones]), sets, zones, disks, exclusive, refusal };
}
