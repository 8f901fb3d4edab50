/**
 * When two pods are one to placement: by key, and side by side. The namespace tells them apart only where
 * the spec reads it, labels only where the spec names their keys.
 */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Container, Pod, PodAffinityTerm, PodSpec, Volume } from "#gen/api/core/v1.ts";
import { claimNamesOf } from "#resources/core/v1/pod-claims.ts";
import type { Attached } from "./attached-volumes.ts";
import { needNames } from "./plugins/node-questions.ts";

/** What placed pods are told apart by of a claim. */
export interface ClaimFacts {
  /** Only one pod of the cluster may use it. */
  readonly exclusive: boolean;
  readonly attached: Attached | undefined;
}

export type ClaimQuestion = (namespace: string, name: string) => ClaimFacts;

function containerKey({ image, resources, ports, restartPolicy }: Container): unknown[] {
  return [image, resources?.requests, ports, restartPolicy];
}

/** May the volume say where the pod can go, or had better go? */
export function isPlaced(volume: Volume): boolean {
  return placedKinds.some((kind) => volume[kind] !== undefined);
}

const placedKinds = [
  "persistentVolumeClaim",
  "ephemeral",
  "azureDisk",
  "cinder",
  "gcePersistentDisk",
  "portworxVolume",
  "awsElasticBlockStore",
  "iscsi",
  "rbd",
  "image",
] as const;

/** What tells shapes apart of volumes: those that say where the pod can go, and claims for one pod alone. */
function placedVolumes(pod: Pick<Pod, "metadata" | "spec">, claimFacts: ClaimQuestion): unknown {
  const volumes = pod.spec.volumes?.filter(isPlaced) ?? [];
  if (volumes.length === 0) return 0;
  const { namespace = "" } = pod.metadata;
  const names = claimNamesOf(pod);
  return [volumes, names, names.map((name) => claimFacts(namespace, name))];
}

/** Keys of the pod's own labels that its spec reads. */
function labelKeys(spec: PodSpec): string[] {
  const keys = new Set<string>();
  for (const { matchLabelKeys = [] } of spec.topologySpreadConstraints ?? [])
    for (const key of matchLabelKeys) keys.add(key);
  for (const { matchLabelKeys = [], mismatchLabelKeys = [] } of podTerms(spec))
    for (const key of [...matchLabelKeys, ...mismatchLabelKeys]) keys.add(key);
  return [...keys];
}

/** Does the spec speak of pods or claims of the pod's own namespace? */
function readsNamespace(spec: PodSpec): boolean {
  if ((spec.topologySpreadConstraints ?? []).length > 0) return true;
  if (spec.volumes?.some(isPlaced)) return true;
  for (const { namespaces = [], namespaceSelector } of podTerms(spec)) {
    if (namespaces.length === 0 && namespaceSelector === undefined) return true;
  }
  return false;
}

/** Equal for pods whose placement reads the same. `resized`: what it counts as in the middle of a resize. */
export function shapeKey(
  { spec, metadata }: Pod,
  claimFacts: ClaimQuestion,
  nodeName: string | undefined,
  resized: unknown,
): string {
  const { affinity, topologySpreadConstraints: spread } = spec;
  const plain = [
    readsNamespace(spec) ? metadata.namespace : 0,
    spec.containers.map(containerKey),
    spec.initContainers?.map(containerKey),
    spec.resources?.requests,
    spec.overhead,
    spec.tolerations,
    spec.nodeSelector,
    nodeName,
    placedVolumes({ metadata, spec }, claimFacts),
    needNames(spec),
    resized,
  ];
  if (affinity === undefined && spread === undefined) return JSON.stringify(plain);
  const labels = labelKeys(spec).map((key) => [key, metadata.labels?.[key]]);
  return JSON.stringify([plain, affinity, spread, labels]);
}

function* podTerms({ affinity }: PodSpec): Iterable<PodAffinityTerm> {
  for (const side of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    yield* side?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
    for (const { podAffinityTerm } of side?.preferredDuringSchedulingIgnoredDuringExecution ?? []) {
      yield podAffinityTerm;
    }
  }
}

/** A pod that others are held against: most come from a few templates. */
export interface Model {
  readonly pod: Pod;
  readonly nodeName: string | undefined;
  readonly namespaced: boolean;
  readonly labelKeys: readonly string[];
  readonly needs: readonly string[];
}

/** undefined: pods of the kind are told apart by key alone. */
export function modelOf(pod: Pod, nodeName: string | undefined): Model | undefined {
  const { spec } = pod;
  if (spec.volumes?.some(isPlaced)) return undefined;
  return {
    pod,
    nodeName,
    namespaced: readsNamespace(spec),
    labelKeys: labelKeys(spec),
    needs: needNames(spec),
  };
}

function sameContainers(
  a: readonly Container[] | undefined,
  b: readonly Container[] | undefined,
): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined || a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    const [one, other] = [a[i], b[i]];
    if (
      one?.image !== other?.image ||
      one?.restartPolicy !== other?.restartPolicy ||
      !deepEqual(one?.resources?.requests, other?.resources?.requests) ||
      !deepEqual(one?.ports, other?.ports)
    )
      return false;
  }
  return true;
}

/** True only if the pod's key would be the model's. */
export function isLike(model: Model, pod: Pod, nodeName: string | undefined): boolean {
  const { spec, metadata } = pod;
  const { spec: own, metadata: named } = model.pod;
  return (
    nodeName === model.nodeName &&
    (!model.namespaced || metadata.namespace === named.namespace) &&
    spec.hostNetwork === own.hostNetwork &&
    deepEqual(needNames(spec), model.needs) &&
    sameContainers(spec.containers, own.containers) &&
    sameContainers(spec.initContainers, own.initContainers) &&
    deepEqual(spec.affinity, own.affinity) &&
    deepEqual(spec.topologySpreadConstraints, own.topologySpreadConstraints) &&
    deepEqual(spec.resources?.requests, own.resources?.requests) &&
    deepEqual(spec.overhead, own.overhead) &&
    deepEqual(spec.tolerations, own.tolerations) &&
    deepEqual(spec.nodeSelector, own.nodeSelector) &&
    !spec.volumes?.some(isPlaced) &&
    model.labelKeys.every((key) => metadata.labels?.[key] === named.labels?.[key])
  );
}
