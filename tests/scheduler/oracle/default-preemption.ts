import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { PodDisruptionBudget } from "#gen/api/policy/v1.ts";
import type { Cluster, OracleNode } from "./cluster.ts";
import { answerOn } from "./cycle.ts";

export interface Candidate {
  readonly node: string;
  /** Most important first. */
  readonly victims: readonly Pod[];
  readonly violations: number;
}

const priorityOf = (pod: Pod) => pod.spec.priority ?? 0;
const startOf = (pod: Pod) => Date.parse(pod.status?.startTime ?? "9999-01-01T00:00:00Z");

function byImportance(a: Pod, b: Pod): number {
  return priorityOf(b) - priorityOf(a) || startOf(a) - startOf(b);
}

function covers(budget: PodDisruptionBudget, pod: Pod): boolean {
  const labels = pod.metadata.labels ?? {};
  if (budget.metadata.namespace !== pod.metadata.namespace || Object.keys(labels).length === 0)
    return false;
  const selector = selectorFromLabelSelector(budget.spec?.selector);
  if (selector === "nothing" || selector.length === 0) return false;
  return (
    matches(selector, labels) && budget.status?.disruptedPods?.[pod.metadata.name] === undefined
  );
}

/** Pods whose eviction, in this order, would break a budget. */
function violating(pods: readonly Pod[], budgets: readonly PodDisruptionBudget[]): Set<Pod> {
  const left = budgets.map((budget) => budget.status?.disruptionsAllowed ?? 0);
  const found = new Set<Pod>();
  for (const pod of pods) {
    for (const [index, budget] of budgets.entries()) {
      if (!covers(budget, pod)) continue;
      left[index] = (left[index] ?? 0) - 1;
      if ((left[index] ?? 0) >= 0) continue;
      found.add(pod);
      break;
    }
  }
  return found;
}

export function replaced(cluster: Cluster, at: OracleNode, pods: readonly Pod[]): Cluster {
  return {
    ...cluster,
    nodes: cluster.nodes.map((other) => (other.node === at.node ? { ...at, pods } : other)),
  };
}

/** Why room cannot be made on each node, in words; none where it can. */
export function roomRefusals(pod: Pod, cluster: Cluster): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const at of cluster.nodes) {
    const { name } = at.node.metadata;
    const refusal = answerOn(pod, at, cluster);
    if (refusal === undefined || !("unresolvable" in refusal) || refusal.unresolvable) {
      found.set(name, ["Preemption is not helpful for scheduling"]);
      continue;
    }
    const kept = at.pods.filter((other) => priorityOf(other) >= priorityOf(pod));
    if (kept.length === at.pods.length) {
      found.set(name, ["No preemption victims found for incoming pod"]);
      continue;
    }
    const without = answerOn(pod, { ...at, pods: kept }, replaced(cluster, at, kept));
    // An attempt that fails there says nothing of the node.
    if (without === undefined || "reasons" in without) found.set(name, without?.reasons ?? []);
  }
  return found;
}

function candidateOn(pod: Pod, at: OracleNode, cluster: Cluster): Candidate | undefined {
  const refusal = answerOn(pod, at, cluster);
  if (refusal === undefined || !("unresolvable" in refusal) || refusal.unresolvable)
    return undefined;
  const fits = (pods: readonly Pod[]) =>
    answerOn(pod, { ...at, pods }, replaced(cluster, at, pods)) === undefined;
  const lesser = at.pods.filter((other) => priorityOf(other) < priorityOf(pod)).sort(byImportance);
  let kept = at.pods.filter((other) => !lesser.includes(other));
  if (lesser.length === 0 || !fits(kept)) return undefined;
  const broken = violating(lesser, cluster.budgets ?? []);
  const victims: Pod[] = [];
  for (const other of [
    ...lesser.filter((one) => broken.has(one)),
    ...lesser.filter((one) => !broken.has(one)),
  ]) {
    if (fits([...kept, other])) kept = [...kept, other];
    else victims.push(other);
  }
  const violations = victims.filter((one) => broken.has(one)).length;
  return { node: at.node.metadata.name, victims: victims.sort(byImportance), violations };
}

/** Less is better, the first difference counts. */
function costOf({ victims, violations }: Candidate): number[] {
  const greatest = Math.max(...victims.map(priorityOf));
  const oldest = victims.filter((pod) => priorityOf(pod) === greatest).map(startOf);
  return [
    violations,
    greatest,
    victims.reduce((sum, pod) => sum + priorityOf(pod) + 2 ** 31, 0),
    victims.length,
    -Math.min(...oldest),
  ];
}

/** Every node where evicting lesser pods lets the pod in at least cost. */
export function bestCandidates(pod: Pod, cluster: Cluster): Candidate[] {
  const candidates = cluster.nodes.flatMap((at) => candidateOn(pod, at, cluster) ?? []);
  const compare = (a: Candidate, b: Candidate) => {
    const other = costOf(b);
    return costOf(a).reduce((sign, cost, index) => sign || cost - (other[index] ?? 0), 0);
  };
  const [best] = [...candidates].sort(compare);
  return best === undefined ? [] : candidates.filter((one) => compare(one, best) === 0);
}
