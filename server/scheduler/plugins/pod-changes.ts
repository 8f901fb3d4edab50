/** What several plugins ask of a change of pods, and of the domains that they count pods in. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { Labels } from "#scheduler/predicate.ts";
import type { NodeChange, PodChange } from "./plugin.ts";

/** As selectors read a pod; its namespace's labels are not at hand. */
export const subjectOf = (pod: Pod) => ({
  namespace: pod.metadata.namespace ?? "",
  labels: pod.metadata.labels ?? {},
  namespaceLabels: {},
});

function sameLabels(a: Labels | undefined, b: Labels | undefined): boolean {
  return deepEqual(a ?? {}, b ?? {});
}

/** Come, gone, relabelled or on its way out: what selectors count changed. */
export function recounts({ before, now }: PodChange): boolean {
  if (before === undefined || now === undefined) return true;
  return (
    !sameLabels(before.metadata.labels, now.metadata.labels) ||
    (before.metadata.deletionTimestamp === undefined) !==
      (now.metadata.deletionTimestamp === undefined)
  );
}

function topologyKeys(pod: Pod): string[] {
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  return [
    ...(pod.spec.topologySpreadConstraints ?? []),
    ...(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
  ].map(({ topologyKey }) => topologyKey);
}

/** A node with the pod's topology keys came, or its domains, taints or room changed. */
export function movesDomains(pod: Pod, { before, now }: NodeChange): boolean {
  const keys = topologyKeys(pod);
  if (before === undefined) return keys.length === 0 || keys.some((key) => now.labels[key]);
  return (
    keys.length === 0 ||
    keys.some((key) => before.labels[key] !== now.labels[key]) ||
    !sameLabels(before.labels, now.labels) ||
    !deepEqual(before.taints, now.taints) ||
    before.unschedulable !== now.unschedulable
  );
}
