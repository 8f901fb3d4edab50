/** The ReplicaSets of a Deployment: which is the new one, and what is written on them. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { type Effect, event, update } from "#controllers/effects.ts";
import { controllerReference } from "#controllers/owner-references.ts";
import { templateHash } from "#controllers/pod-template.ts";
import { type Deployment, type ReplicaSet, replicasets } from "#gen/api/apps/v1.ts";
import type { PodTemplateSpec } from "#gen/api/core/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";
import { wantedOf } from "./bounds.ts";

export const revisionAnnotation = "deployment.kubernetes.io/revision";
export const desiredReplicasAnnotation = "deployment.kubernetes.io/desired-replicas";
export const maxReplicasAnnotation = "deployment.kubernetes.io/max-replicas";
const revisionHistoryAnnotation = "deployment.kubernetes.io/revision-history";
const hashLabel = "pod-template-hash";

/** Those of a Deployment that its ReplicaSets do not take over. */
const ownAnnotations: ReadonlySet<string> = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  revisionAnnotation,
  revisionHistoryAnnotation,
  desiredReplicasAnnotation,
  maxReplicasAnnotation,
  "deprecated.deployment.rollback.to",
]);

export function replicasOf(set: ReplicaSet | undefined): number {
  return set === undefined ? 0 : (set.spec.replicas ?? 1);
}

export function sum(
  sets: readonly ReplicaSet[],
  of: (set: ReplicaSet) => number | undefined,
): number {
  return sets.reduce((total, set) => total + (of(set) ?? 0), 0);
}

/** An int64 for upstream: beyond what a number holds exactly. */
export function revisionOf({ metadata }: ReplicaSet | Deployment): bigint {
  const text = metadata.annotations?.[revisionAnnotation] ?? "";
  return /^\d+$/.test(text) ? BigInt(text) : 0n;
}

export function byCreation(a: ReplicaSet, b: ReplicaSet): number {
  const left = a.metadata.creationTimestamp ?? "";
  const right = b.metadata.creationTimestamp ?? "";
  if (left !== right) return left < right ? -1 : 1;
  return a.metadata.name < b.metadata.name ? -1 : 1;
}

function withoutHash(template: PodTemplateSpec | undefined): PodTemplateSpec {
  const { [hashLabel]: _, ...labels } = template?.metadata?.labels ?? {};
  return { ...template, metadata: { ...template?.metadata, labels } };
}

/** The oldest with the Deployment's own template, whatever its hash label. */
export function findNew(
  deployment: Deployment,
  sets: readonly ReplicaSet[],
): ReplicaSet | undefined {
  const wanted = withoutHash(deployment.spec.template);
  return [...sets]
    .sort(byCreation)
    .find(({ spec }) => deepEqual(withoutHash(spec.template), wanted));
}

function inheritedAnnotations(deployment: Deployment): Record<string, string> {
  const entries = Object.entries(deployment.metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([name]) => !ownAnnotations.has(name)));
}

function sizeAnnotations(deployment: Deployment): Record<string, string> {
  const { replicas, surge } = wantedOf(deployment);
  return {
    [desiredReplicasAnnotation]: String(replicas),
    [maxReplicasAnnotation]: String(replicas + surge),
  };
}

/** The new ReplicaSet as it is to be created; its name tells its template and the collisions so far. */
export function draftOf(
  deployment: Deployment,
  { replicas, revision }: { readonly replicas: number; readonly revision: bigint },
): Draft<ReplicaSet> & { metadata: { name: string } } {
  const { template, selector, minReadySeconds } = deployment.spec;
  const hash = templateHash(template, deployment.status?.collisionCount);
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  return {
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace,
      labels,
      annotations: {
        ...inheritedAnnotations(deployment),
        ...sizeAnnotations(deployment),
        [revisionAnnotation]: String(revision),
      },
      ownerReferences: [controllerReference(deployment)],
    },
    spec: {
      replicas,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { ...selector, matchLabels: { ...selector.matchLabels, [hashLabel]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    },
  };
}

/** The new set with the annotations and minReadySeconds it should have; the same object when it has them. */
export function refreshed(deployment: Deployment, set: ReplicaSet, revision: bigint): ReplicaSet {
  const old = set.metadata.annotations ?? {};
  const annotations = { ...old, ...inheritedAnnotations(deployment) };
  const oldRevision = old[revisionAnnotation] ?? "";
  if (revisionOf(set) < revision) {
    annotations[revisionAnnotation] = String(revision);
    // A rollback brings an old set back: it keeps in mind which revisions it has been.
    if (oldRevision !== "") {
      const history = old[revisionHistoryAnnotation];
      const known = history === undefined ? oldRevision : `${history},${oldRevision}`;
      annotations[revisionHistoryAnnotation] = known;
    }
  }
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0;
  const sameWait = (set.spec.minReadySeconds ?? 0) === minReadySeconds;
  if (sameWait && deepEqual(annotations, old)) return set;
  const spec = { ...set.spec, minReadySeconds };
  return { ...set, metadata: { ...set.metadata, annotations }, spec };
}

/** Sets a size; nothing when neither the size nor what it is a share of has changed. */
export function resize(deployment: Deployment, set: ReplicaSet, size: number): readonly Effect[] {
  const from = replicasOf(set);
  const annotations = { ...set.metadata.annotations, ...sizeAnnotations(deployment) };
  if (from === size && deepEqual(annotations, set.metadata.annotations ?? {})) return [];
  const metadata = { ...set.metadata, annotations };
  const write = update(replicasets, { ...set, metadata, spec: { ...set.spec, replicas: size } });
  if (from === size) return [write];
  return [write, scalingEvent(deployment, set.metadata.name, { from, to: size })];
}

export function scalingEvent(
  deployment: Deployment,
  name: string,
  { from, to }: { readonly from: number; readonly to: number },
): Effect {
  const direction = to > from ? "up" : "down";
  const message = `Scaled ${direction} replica set ${name} from ${from} to ${to}`;
  return event(deployment, "Normal", "ScalingReplicaSet", message);
}
