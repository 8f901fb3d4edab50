/**
 * What a pod's volumes and claims ask of nodes, as the lists of numbers that a class holds: VolumeRestrictions,
 * NodeVolumeLimits, VolumeBinding and VolumeZone. A question about nodes is a set, shared by all that ask the same.
 */
import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from "#gen/api/core/v1.ts";
import {
  V_UNRESOLVABLE,
  V_VOLUME_GONE,
  V_VOLUME_NODE,
  V_VOLUME_NONE,
  V_VOLUME_SPACE,
  V_VOLUME_ZONE,
} from "#gen/scheduler-abi.ts";
import { classNameOf, selectedNode } from "#resources/core/v1/claim-binding.ts";
import { claimNameOf, claimNamesOf, isOwnClaim } from "#resources/core/v1/pod-claims.ts";
import {
  type Attached,
  type AttachedVolumes,
  attachedVolume,
  type LimitRow,
} from "./attached-volumes.ts";
import { digitSets } from "./digit-sets.ts";
import { driverOfProvisioner } from "./in-tree-volumes.ts";
import type { NodeFacts } from "./node-facts.ts";
import { matchesSelector } from "./node-match.ts";
import type { NodeTable } from "./node-table.ts";
import type { PodShape } from "./pod-shape.ts";
import type { Profile } from "./profile.ts";
import {
  capacitiesOf,
  type FoundVolumes,
  findVolumes,
  isBound,
  type StorageSource,
  suits,
  volumeScore,
} from "./volume-binding.ts";

type Row = readonly [set: number, number: number];

export interface VolumeLists {
  /** Equal for pods of which the module need not tell the volumes apart. */
  readonly signature: string;
  /** [set that the node must be in, verdict where it is not]. */
  readonly sets: readonly Row[];
  readonly zones: readonly Row[];
  /** [set, what its nodes score more]. */
  readonly scores: readonly Row[];
  /** The same, of DynamicResources. */
  readonly deviceScores: readonly Row[];
  /** Resources that devices serve on nodes that have none of them. */
  readonly delegated: readonly string[];
  readonly limits: readonly LimitRow[];
  /** Counters that must be 0 on the node. */
  readonly disks: readonly number[];
  /** Counters that must be 0 everywhere. */
  readonly exclusive: readonly number[];
  /** Why no node can take the pod, in upstream's words. */
  readonly refusal: string | undefined;
}

export const noVolumes: VolumeLists = {
  signature: "",
  sets: [],
  zones: [],
  scores: [],
  deviceScores: [],
  delegated: [],
  limits: [],
  disks: [],
  exclusive: [],
  refusal: undefined,
};

interface Parts {
  readonly nodes: NodeTable;
  readonly storage: StorageSource;
  readonly profile: Profile;
  readonly shape: PodShape;
  readonly attached: AttachedVolumes;
  readonly disks: readonly number[];
  readonly counterOfClaim: (namespace: string, name: string) => number;
}

const zoneLabels = [
  "topology.kubernetes.io/zone",
  "topology.kubernetes.io/region",
  "failure-domain.beta.kubernetes.io/zone",
  "failure-domain.beta.kubernetes.io/region",
];

/** For one pod of the cluster alone. */
export function isExclusive({ spec }: PersistentVolumeClaim): boolean {
  return spec.accessModes?.includes("ReadWriteOncePod") ?? false;
}

/** What the claim's volume is attached as, present or to be made. */
export function attachedAs(
  claim: PersistentVolumeClaim | undefined,
  storage: StorageSource,
): Attached | undefined {
  if (claim === undefined) return undefined;
  const volume = storage.volume(claim.spec.volumeName ?? "");
  if (volume !== undefined) return attachedVolume(volume.spec, volume.metadata.labels);
  const provisioner = storage.storageClass(classNameOf(claim))?.provisioner;
  const driver = provisioner && driverOfProvisioner(provisioner);
  const { namespace, name } = claim.metadata;
  return driver ? { driver, volume: `claim ${namespace}/${name}` } : undefined;
}

function waitsForConsumer(claim: PersistentVolumeClaim, storage: StorageSource): boolean {
  const mode = storage.storageClass(classNameOf(claim))?.volumeBindingMode;
  return mode === "WaitForFirstConsumer" && !claim.spec.volumeName;
}

/** Names of the volumes that the pod attaches to its node; undefined: its claims get some with the node. */
export function takenVolumes(
  pod: Pod,
  storage: StorageSource,
  attached: () => readonly Attached[],
): readonly string[] | undefined {
  const { namespace = "" } = pod.metadata;
  const claims = claimNamesOf(pod).flatMap((name) => storage.claim(namespace, name) ?? []);
  if (claims.some((claim) => waitsForConsumer(claim, storage))) return undefined;
  const inline = (pod.spec.volumes ?? []).some((volume) => attachedVolume(volume) !== undefined);
  return claims.length > 0 || inline ? attached().map(({ volume }) => volume) : [];
}

class Lists {
  readonly sets: Row[] = [];
  readonly zones: Row[] = [];
  readonly scores: Row[] = [];
  readonly exclusive: number[] = [];
  readonly #bound: PersistentVolumeClaim[] = [];
  readonly #waiting: PersistentVolumeClaim[] = [];
  refusal: string | undefined;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The first reason stays. */
  #refuse(why: string): void {
    this.refusal ??= why;
  }

  /** The claim behind a volume, where it has one. */
  add(pod: Pod, volume: Volume): void {
    const { storage, profile, counterOfClaim } = this.#parts;
    const { namespace = "" } = pod.metadata;
    const name = claimNameOf(pod, volume);
    if (name === undefined) return;
    const isEphemeral = volume.ephemeral !== undefined;
    const claim = storage.claim(namespace, name);
    if (claim === undefined) {
      const made = `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`;
      this.#refuse(isEphemeral ? made : `persistentvolumeclaim "${name}" not found`);
      return;
    }
    const binds = profile.filters.has("VolumeBinding");
    if (binds && claim.status?.phase === "Lost") {
      const missing = `bound to non-existent persistentvolume "${claim.spec.volumeName}"`;
      this.#refuse(`persistentvolumeclaim "${name}" ${missing}`);
    }
    if (binds && claim.metadata.deletionTimestamp !== undefined)
      this.#refuse(`persistentvolumeclaim "${name}" is being deleted`);
    if (binds && isEphemeral && !isOwnClaim(pod, claim))
      this.#refuse(
        `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata.name} (pod is not owner)`,
      );
    if (profile.filters.has("VolumeRestrictions") && isExclusive(claim))
      this.exclusive.push(counterOfClaim(namespace, name));
    if (isBound(claim)) this.#addBound(claim);
    else if (!binds) return;
    else if (waitsForConsumer(claim, storage)) this.#waiting.push(claim);
    else this.#refuse("pod has unbound immediate PersistentVolumeClaims");
  }

  #addBound(claim: PersistentVolumeClaim): void {
    const { storage, profile } = this.#parts;
    this.#bound.push(claim);
    const { volumeName = "" } = claim.spec;
    const volume = storage.volume(volumeName);
    if (!profile.filters.has("VolumeZone")) return;
    if (volume === undefined) this.#refuse(`persistentvolume "${volumeName}" not found`);
    else this.#addZones(volume);
  }

  #addZones({ metadata }: PersistentVolume): void {
    for (const key of zoneLabels) {
      const value = metadata.labels?.[key];
      if (value === undefined) continue;
      const zones = value.split("__");
      const stable = key.replace("failure-domain.beta", "topology");
      const free = (node: NodeFacts) =>
        zoneLabels.every((label) => node.labels[label] === undefined);
      const set = this.#parts.nodes.setId(
        `zone ${key} ${value}`,
        (node) => free(node) || zones.includes(node.labels[key] ?? node.labels[stable] ?? ""),
      );
      this.zones.push([set, V_VOLUME_ZONE | V_UNRESOLVABLE]);
    }
  }

  /** All claims are known: what VolumeBinding asks and scores. */
  close(): void {
    const { profile } = this.#parts;
    if (!profile.filters.has("VolumeBinding") || this.refusal !== undefined) return;
    if (this.#waiting.length > 0) this.#askAll();
    else for (const claim of this.#bound) this.#askBound(claim);
  }

  #askBound(claim: PersistentVolumeClaim): void {
    const { nodes, storage } = this.#parts;
    const volume = storage.volume(claim.spec.volumeName ?? "");
    const required = volume?.spec.nodeAffinity?.required;
    if (volume === undefined)
      this.sets.push([nodes.setId("nowhere", () => false), V_VOLUME_GONE | V_UNRESOLVABLE]);
    if (required === undefined) return;
    const asks = (node: NodeFacts) => matchesSelector(required, node);
    const set = nodes.setId(`volume ${JSON.stringify(required)}`, asks);
    this.sets.push([set, V_VOLUME_NODE | V_UNRESOLVABLE]);
  }

  /** Claims that wait are told their volumes together: one takes what another would have got. */
  #askAll(): void {
    const { nodes, profile } = this.#parts;
    const [signature, mayScore] = this.#signature();
    const found = this.#finder();
    for (const reason of [V_VOLUME_NODE, V_VOLUME_NONE, V_VOLUME_SPACE, V_VOLUME_GONE]) {
      const says = reason & 0xffffff;
      const set = nodes.setId(`${signature} ${says}`, (node) => (found(node).verdict & says) === 0);
      this.sets.push([set, reason | V_UNRESOLVABLE]);
    }
    if (!mayScore || profile.weights.VolumeBinding === 0) return;
    const shape = profile.volumeShape;
    const scores = digitSets(nodes, `${signature} ${JSON.stringify(shape)} score`, (node) =>
      volumeScore(found(node), shape),
    );
    this.scores.push(...scores);
  }

  /** What was found on a node is kept as long as the node stays as it is. */
  #finder(): (node: NodeFacts) => FoundVolumes {
    const claims = { bound: this.#bound, waiting: this.#waiting };
    const { storage } = this.#parts;
    const volumes = storage
      .volumes()
      .filter((volume) => this.#waiting.some((claim) => suits(volume, claim)));
    const fixed = { ...storage, volumes: () => volumes };
    const known = new WeakMap<NodeFacts, FoundVolumes>();
    return (node) => {
      const found = known.get(node) ?? findVolumes(claims, fixed, node);
      known.set(node, found);
      return found;
    };
  }

  /** All that `findVolumes` reads, and whether nodes may differ in score. */
  #signature(): [string, boolean] {
    const { storage } = this.#parts;
    let mayScore = false;
    const waiting = this.#waiting.map((claim) => {
      const suited = storage.volumes().filter((volume) => suits(volume, claim));
      const storageClass = storage.storageClass(classNameOf(claim));
      const capacities = storageClass && capacitiesOf(storageClass, storage);
      mayScore ||= suited.length > 0 || (capacities?.length ?? 0) > 0;
      const measured = suited.length > 0 || capacities !== undefined;
      return [
        storageClass?.metadata.name,
        storageClass?.provisioner,
        storageClass?.allowedTopologies,
        claim.metadata.annotations?.[selectedNode],
        measured ? claim.spec : 0,
        suited.map(({ metadata, spec }) => [metadata.name, spec]),
        capacities?.map((one) => [one.capacity, one.maximumVolumeSize, one.nodeTopology]),
      ];
    });
    const bound = this.#bound.map(
      ({ spec }) => storage.volume(spec.volumeName ?? "")?.spec.nodeAffinity ?? 0,
    );
    return [`claims ${JSON.stringify([waiting, bound])}`, mayScore];
  }
}

/** undefined: the pod has no volume that any plugin looks at. */
export function volumeLists(pod: Pod, parts: Parts): VolumeLists | undefined {
  const { profile, shape, attached } = parts;
  const claims = claimNamesOf(pod);
  const disks = profile.filters.has("VolumeRestrictions") ? parts.disks : [];
  if (claims.length + disks.length + shape.attached.length === 0) return undefined;
  const lists = new Lists(parts);
  for (const volume of pod.spec.volumes ?? []) lists.add(pod, volume);
  lists.close();
  const { sets, zones, scores, exclusive, refusal } = lists;
  const { storage } = parts;
  const mustBeThere = (driver: string) =>
    storage.driver(driver)?.spec.preventPodSchedulingIfMissing === true;
  const limited = profile.filters.has("NodeVolumeLimits") ? shape.attached : [];
  const limits = attached.rows(limited, mustBeThere);
  const signature = JSON.stringify([sets, zones, scores, limits]);
  return { ...noVolumes, signature, sets, zones, scores, limits, disks, exclusive, refusal };
}
