/** One pod through every plugin, in upstream's order: what each node answers and scores. */
import type { Pod } from "#gen/api/core/v1.ts";
import type { Cluster, Filter, OracleNode, Refusal, Score } from "./cluster.ts";
import { DeviceFailure } from "./device-allocation.ts";
import { dynamicResourcesFilter, dynamicResourcesScore } from "./dynamic-resources.ts";
import { imageLocality } from "./image-locality.ts";
import { interPodAffinityFilter, interPodAffinityScore } from "./inter-pod-affinity.ts";
import { nodeAffinityFilter, nodeAffinityScore } from "./node-affinity.ts";
import { nodeDeclaredFeatures } from "./node-declared-features.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesBalancedAllocation } from "./node-resources-balanced-allocation.ts";
import { nodeResourcesFitFilter, nodeResourcesFitScore } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { nodeVolumeLimits } from "./node-volume-limits.ts";
import { podTopologySpreadFilter, podTopologySpreadScore } from "./pod-topology-spread.ts";
import { profileFor, runs, weightOf } from "./settings.ts";
import { taintTolerationFilter, taintTolerationScore } from "./taint-toleration.ts";
import { volumeBindingFilter, volumeBindingScore } from "./volume-binding.ts";
import { volumeRestrictions } from "./volume-restrictions.ts";
import { volumeZone } from "./volume-zone.ts";

const filters: readonly (readonly [name: string, filter: Filter])[] = [
  ["NodeUnschedulable", nodeUnschedulable],
  ["NodeName", nodeName],
  ["TaintToleration", taintTolerationFilter],
  ["NodeAffinity", nodeAffinityFilter],
  ["NodePorts", nodePorts],
  ["NodeResourcesFit", nodeResourcesFitFilter],
  ["VolumeRestrictions", volumeRestrictions],
  ["NodeVolumeLimits", nodeVolumeLimits],
  ["VolumeBinding", volumeBindingFilter],
  ["VolumeZone", volumeZone],
  ["PodTopologySpread", podTopologySpreadFilter],
  ["InterPodAffinity", interPodAffinityFilter],
  ["DynamicResources", dynamicResourcesFilter],
  ["NodeDeclaredFeatures", nodeDeclaredFeatures],
];

const scores: readonly (readonly [name: string, weight: number, score: Score])[] = [
  ["TaintToleration", 3, taintTolerationScore],
  ["NodeAffinity", 2, nodeAffinityScore],
  ["NodeResourcesFit", 1, nodeResourcesFitScore],
  ["PodTopologySpread", 2, podTopologySpreadScore],
  ["InterPodAffinity", 2, interPodAffinityScore],
  ["DynamicResources", 2, dynamicResourcesScore],
  ["NodeResourcesBalancedAllocation", 1, nodeResourcesBalancedAllocation],
  ["ImageLocality", 1, imageLocality],
  ["VolumeBinding", 1, volumeBindingScore],
];

export interface Thought {
  /** By node name: the first plugin's refusal, or undefined where the pod fits. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** Of each feasible node: plugin -> normalized score times weight; plugins that skip are absent. */
  readonly scores: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly totals: ReadonlyMap<string, number>;
  /** What fails the attempt, whatever other nodes say; which of several is told is chance. */
  readonly failures: readonly string[];
}

function firstRefusal(pod: Pod, at: OracleNode, cluster: Cluster): Refusal | undefined {
  const profile = profileFor(pod, cluster);
  for (const [name, filter] of filters) {
    if (!runs(name, "filter", profile)) continue;
    const refusal = filter(pod, at, cluster);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}

/** What a node answers: with the pods nominated to it that the pod has to heed, then without. */
function refusalOn(pod: Pod, at: OracleNode, cluster: Cluster): Refusal | undefined {
  const heeded = (cluster.nominated ?? [])
    .filter(({ node }) => node === at.node.metadata.name)
    .map((nomination) => nomination.pod)
    .filter((other) => (other.spec.priority ?? 0) >= (pod.spec.priority ?? 0))
    .filter((other) => other.metadata.uid !== pod.metadata.uid);
  if (heeded.length > 0) {
    const full = { ...at, pods: [...at.pods, ...heeded] };
    const nodes = cluster.nodes.map((other) => (other.node === at.node ? full : other));
    const refusal = firstRefusal(pod, full, { ...cluster, nodes });
    if (refusal !== undefined) return refusal;
  }
  return firstRefusal(pod, at, cluster);
}

/** The same, and what fails the attempt. */
export function answerOn(
  pod: Pod,
  at: OracleNode,
  cluster: Cluster,
): Refusal | DeviceFailure | undefined {
  try {
    return refusalOn(pod, at, cluster);
  } catch (error) {
    if (error instanceof DeviceFailure) return error;
    throw error;
  }
}

export function think(pod: Pod, cluster: Cluster): Thought {
  const refusals = new Map<string, Refusal>();
  const failures: string[] = [];
  for (const at of cluster.nodes) {
    const refusal = answerOn(pod, at, cluster);
    if (refusal instanceof DeviceFailure) failures.push(refusal.message);
    else if (refusal !== undefined) refusals.set(at.node.metadata.name, refusal);
  }
  const feasible = cluster.nodes.filter((at) => !refusals.has(at.node.metadata.name));
  const names = feasible.map((at) => at.node.metadata.name);
  const byNode = new Map(names.map((name) => [name, {} as Record<string, number>]));
  const totals = new Map(names.map((name) => [name, 0]));
  const thought = { refusals, scores: byNode, totals, failures };
  if (feasible.length === 0 || failures.length > 0) return thought;
  const profile = profileFor(pod, cluster);
  for (const [plugin, usual, score] of scores) {
    if (!runs(plugin, "score", profile)) continue;
    const weight = weightOf(plugin, usual, profile);
    score(pod, feasible, cluster)?.forEach((value, index) => {
      const name = names[index] ?? "";
      const row = byNode.get(name);
      if (row) row[plugin] = value * weight;
      totals.set(name, (totals.get(name) ?? 0) + value * weight);
    });
  }
  return thought;
}
