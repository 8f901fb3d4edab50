import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from "#gen/api/core/v1.ts";
import type { CSIStorageCapacity } from "#gen/api/storage/v1.ts";
import type { Cluster, Filter, OracleNode, Score } from "./cluster.ts";
import { nodeTermMatches, selectorMatches } from "./matching.ts";
import { amount } from "./requests.ts";
import { argumentsOf, onShape, type ShapePoint } from "./settings.ts";
import {
  claimsOf,
  classOf,
  isBound,
  noStorage,
  type Storage,
  volumeOf,
  waitsForConsumer,
} from "./storage.ts";

const chosenNode = "volume.kubernetes.io/selected-node";

export interface Plan {
  readonly reasons: readonly string[];
  readonly bindings: readonly (readonly [PersistentVolumeClaim, PersistentVolume])[];
  readonly made: readonly (readonly [PersistentVolumeClaim, CSIStorageCapacity | undefined])[];
}

const sizeOf = ({ spec }: PersistentVolumeClaim) =>
  amount("storage", spec.resources?.requests?.["storage"] ?? "0");
const roomOf = ({ spec }: PersistentVolume) => amount("storage", spec.capacity?.["storage"] ?? "0");

function reaches({ spec }: PersistentVolume, node: Node): boolean {
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => nodeTermMatches(term, node));
}

function isFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const { name, namespace } = spec.claimRef ?? {};
  return name === metadata.name && namespace === metadata.namespace;
}

function isLargeEnough(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return volume.metadata.deletionTimestamp === undefined && roomOf(volume) >= sizeOf(claim);
}

function isFree({ spec, status }: PersistentVolume, claim: PersistentVolumeClaim): boolean {
  return (
    spec.claimRef === undefined &&
    status?.phase === "Available" &&
    spec.storageClassName === claim.spec.storageClassName &&
    (claim.spec.accessModes ?? []).every((mode) => spec.accessModes?.includes(mode))
  );
}

/** The volume that is kept for the claim, else the smallest free one that the node reaches. */
function findVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  node: Node,
): PersistentVolume | undefined {
  const suited = volumes.filter((volume) => isLargeEnough(volume, claim));
  const kept = suited.find((volume) => isFor(volume, claim));
  if (kept !== undefined) return reaches(kept, node) ? kept : undefined;
  const free = suited.filter((volume) => isFree(volume, claim) && reaches(volume, node));
  return free.sort((a, b) => roomOf(a) - roomOf(b))[0];
}

/** The reason why no volume can be made, or what is known of the space there. */
function provision(
  claim: PersistentVolumeClaim,
  storage: Storage,
  node: Node,
): string | CSIStorageCapacity | undefined {
  const none = "node(s) didn't find available persistent volumes to bind";
  const storageClass = classOf(claim, storage);
  const { provisioner = "", allowedTopologies = [] } = storageClass ?? {};
  if (provisioner === "" || provisioner === "kubernetes.io/no-provisioner") return none;
  const allows = (key: string, values: readonly string[]) =>
    values.includes(node.metadata.labels?.[key] ?? "");
  const allowed = allowedTopologies.some((term) =>
    (term.matchLabelExpressions ?? []).every(({ key, values }) => allows(key, values)),
  );
  if (allowedTopologies.length > 0 && !allowed) return none;
  const driver = storage.drivers.find(({ metadata }) => metadata.name === provisioner);
  if (driver?.spec.storageCapacity !== true) return undefined;
  const enough = storage.capacities.find(
    ({ storageClassName, maximumVolumeSize, capacity, nodeTopology }) =>
      storageClassName === storageClass?.metadata.name &&
      amount("storage", maximumVolumeSize ?? capacity ?? "0") >= sizeOf(claim) &&
      selectorMatches(nodeTopology, node.metadata.labels),
  );
  return enough ?? "node(s) did not have enough free storage";
}

/** What the pod's claims get on the node. */
export function planVolumes(
  pod: Pod,
  { node }: OracleNode,
  { storage = noStorage }: Cluster,
): Plan {
  const claims = claimsOf(pod, storage);
  const reasons = new Set<string>();
  for (const claim of claims.filter(isBound)) {
    const volume = volumeOf(claim, storage);
    if (volume !== undefined && !reaches(volume, node))
      reasons.add("node(s) didn't match PersistentVolume's node affinity");
  }
  const bindings: [PersistentVolumeClaim, PersistentVolume][] = [];
  const made: [PersistentVolumeClaim, CSIStorageCapacity | undefined][] = [];
  const open = claims.filter((claim) => !isBound(claim) && waitsForConsumer(claim, storage));
  const elsewhere = open.some(({ metadata }) => {
    const chosen = metadata.annotations?.[chosenNode];
    return chosen !== undefined && chosen !== node.metadata.name;
  });
  if (elsewhere) {
    reasons.add("node(s) didn't find available persistent volumes to bind");
    return { reasons: [...reasons], bindings, made };
  }
  const lacking: PersistentVolumeClaim[] = [];
  for (const claim of [...open].sort((a, b) => sizeOf(a) - sizeOf(b))) {
    const taken = bindings.map(([, volume]) => volume);
    const left = storage.volumes.filter((volume) => !taken.includes(volume));
    const chosen = claim.metadata.annotations?.[chosenNode] !== undefined;
    const volume = chosen ? undefined : findVolume(claim, left, node);
    if (volume === undefined) lacking.push(claim);
    else bindings.push([claim, volume]);
  }
  for (const claim of lacking) {
    const answer = provision(claim, storage, node);
    if (typeof answer !== "string") {
      made.push([claim, answer]);
      continue;
    }
    reasons.add(answer);
    break;
  }
  return { reasons: [...reasons], bindings, made };
}

export const volumeBindingFilter: Filter = (pod, at, cluster) => {
  if (pod.spec.volumes === undefined) return undefined;
  const { reasons } = planVolumes(pod, at, cluster);
  return reasons.length === 0 ? undefined : { reasons, unresolvable: true };
};

const usual: readonly ShapePoint[] = [
  { utilization: 0, score: 10 },
  { utilization: 100, score: 0 },
];

/** How full the storage would be: of the volumes found, else of what the ones to be made come from. */
export const volumeBindingScore: Score = (pod, feasible, cluster) => {
  if (pod.spec.volumes === undefined) return undefined;
  const { shape = usual } = argumentsOf("VolumeBinding", pod, cluster);
  return feasible.map((at) => {
    const { bindings, made } = planVolumes(pod, at, cluster);
    const full = new Map<string, [requested: number, capacity: number]>();
    for (const [claim, volume] of bindings) {
      const name = volume.spec.storageClassName ?? "";
      const [requested, capacity] = full.get(name) ?? [0, 0];
      full.set(name, [requested + sizeOf(claim), capacity + roomOf(volume)]);
    }
    for (const [claim, told] of bindings.length > 0 ? [] : made) {
      if (told === undefined) continue;
      const name = claim.spec.storageClassName ?? "";
      const [requested] = full.get(name) ?? [0, 0];
      full.set(name, [requested + sizeOf(claim), amount("storage", told.capacity ?? "0")]);
    }
    if (full.size === 0) return 0;
    const scores = [...full.values()].map(([requested, capacity]) =>
      onShape(shape, requested > capacity ? 100 : Math.trunc((requested * 100) / capacity)),
    );
    return Math.round(scores.reduce((a, b) => a + b, 0) / full.size);
  });
};
