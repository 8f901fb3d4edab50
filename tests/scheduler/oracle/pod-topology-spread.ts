import type { Node, Pod, TopologySpreadConstraint } from "#gen/api/core/v1.ts";
import type { Cluster, Filter, Labels, OracleNode, Score } from "./cluster.ts";
import { requiredNodeAffinityMatches, selectorMatches, untoleratedHardTaint } from "./matching.ts";
import { argumentsOf } from "./settings.ts";

const hostname = "kubernetes.io/hostname";

/** Counted or self-matching: the constraint's selector AND the pod's own values of matchLabelKeys. */
function selects(constraint: TopologySpreadConstraint, pod: Pod, labels: Labels): boolean {
  const keys = (constraint.matchLabelKeys ?? []).filter(
    (k) => pod.metadata.labels?.[k] !== undefined,
  );
  if (constraint.labelSelector === undefined && keys.length > 0) {
    return keys.every((key) => labels?.[key] === pod.metadata.labels?.[key]);
  }
  return (
    selectorMatches(constraint.labelSelector, labels) &&
    keys.every((key) => labels?.[key] === pod.metadata.labels?.[key])
  );
}

/** Upstream counts nothing for a selector that selects everything. */
function isEmpty(constraint: TopologySpreadConstraint, pod: Pod): boolean {
  const { matchLabels, matchExpressions } = constraint.labelSelector ?? { matchLabels: { x: "" } };
  const keys = (constraint.matchLabelKeys ?? []).filter(
    (k) => pod.metadata.labels?.[k] !== undefined,
  );
  return (
    Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length + keys.length === 0
  );
}

type Counted = (other: Pod) => boolean;
interface Constraint extends TopologySpreadConstraint {
  readonly counted: Counted;
  readonly self: boolean;
}

function constraintsOf(pod: Pod, when: string, cluster: Cluster): Constraint[] {
  const own = pod.spec.topologySpreadConstraints ?? [];
  if (own.length === 0)
    return defaultConstraints(pod, cluster).filter((one) => one.whenUnsatisfiable === when);
  return own
    .filter((constraint) => constraint.whenUnsatisfiable === when)
    .map((constraint) => ({
      ...constraint,
      counted: (other) =>
        !isEmpty(constraint, pod) && selects(constraint, pod, other.metadata.labels),
      self: selects(constraint, pod, pod.metadata.labels),
    }));
}

const system: readonly TopologySpreadConstraint[] = [
  { topologyKey: hostname, maxSkew: 3, whenUnsatisfiable: "ScheduleAnyway" },
  {
    topologyKey: "topology.kubernetes.io/zone",
    maxSkew: 5,
    whenUnsatisfiable: "ScheduleAnyway",
  },
];

function isSystems(pod: Pod, cluster: Cluster): boolean {
  return argumentsOf("PodTopologySpread", pod, cluster).defaultingType !== "List";
}

/** Of pods without constraints that a Service or their owner selects: the system's, or those of the configuration. */
function defaultConstraints(pod: Pod, cluster: Cluster): Constraint[] {
  const selector = cluster.defaultSpreadSelector?.(pod);
  if (selector === undefined) return [];
  const counted: Counted = (other) => selector(other.metadata.labels);
  const { defaultConstraints: listed = [] } = argumentsOf("PodTopologySpread", pod, cluster);
  const all = isSystems(pod, cluster) ? system : listed;
  // An owner may select other labels than its pod has.
  const self = selector(pod.metadata.labels);
  return all.map((constraint) => ({ ...constraint, counted, self }));
}

function hasKeys(node: Node, constraints: readonly Constraint[]): boolean {
  return constraints.every((c) => node.metadata.labels?.[c.topologyKey] !== undefined);
}

function included(constraint: Constraint, pod: Pod, node: Node): boolean {
  if (constraint.nodeAffinityPolicy !== "Ignore" && !requiredNodeAffinityMatches(pod, node))
    return false;
  return constraint.nodeTaintsPolicy !== "Honor" || untoleratedHardTaint(pod, node) === undefined;
}

function countOn(at: OracleNode, pod: Pod, counted: Counted): number {
  return at.pods.filter(
    (other) =>
      other.metadata.namespace === pod.metadata.namespace &&
      other.metadata.deletionTimestamp === undefined &&
      counted(other),
  ).length;
}

function domains(constraint: Constraint, pod: Pod, eligible: readonly OracleNode[]) {
  const counts = new Map<string, number>();
  for (const at of eligible) {
    if (!included(constraint, pod, at.node)) continue;
    const value = at.node.metadata.labels?.[constraint.topologyKey] ?? "";
    counts.set(value, (counts.get(value) ?? 0) + countOn(at, pod, constraint.counted));
  }
  return counts;
}

/** Of the hard constraints: what the whole cluster says, the same for every node. */
function hardOf(pod: Pod, cluster: Cluster) {
  const constraints = constraintsOf(pod, "DoNotSchedule", cluster);
  const eligible = cluster.nodes.filter((at) => hasKeys(at.node, constraints));
  return constraints.map((constraint) => {
    const counts = domains(constraint, pod, eligible);
    const least = (constraint.minDomains ?? 1) > counts.size ? 0 : Math.min(...counts.values());
    return { ...constraint, counts, least };
  });
}

let last: { pod: Pod; cluster: Cluster; hard: ReturnType<typeof hardOf> } | undefined;

export const podTopologySpreadFilter: Filter = (pod, { node }, cluster) => {
  if (last?.pod !== pod || last.cluster !== cluster) {
    last = { pod, cluster, hard: hardOf(pod, cluster) };
  }
  const sentence = "node(s) didn't match pod topology spread constraints";
  for (const constraint of last.hard) {
    const value = node.metadata.labels?.[constraint.topologyKey];
    if (value === undefined) {
      return { reasons: [`${sentence} (missing required label)`], unresolvable: true };
    }
    const skew = (constraint.counts.get(value) ?? 0) + (constraint.self ? 1 : 0) - constraint.least;
    if (skew > constraint.maxSkew) return { reasons: [sentence], unresolvable: false };
  }
  return undefined;
};

export const podTopologySpreadScore: Score = (pod, feasible, cluster) => {
  const own = (pod.spec.topologySpreadConstraints ?? []).length > 0 || !isSystems(pod, cluster);
  const constraints = constraintsOf(pod, "ScheduleAnyway", cluster);
  if (constraints.length === 0) return undefined;
  const eligible = own
    ? cluster.nodes.filter((at) => hasKeys(at.node, constraints))
    : cluster.nodes;
  const ignored = (at: OracleNode) => own && !hasKeys(at.node, constraints);
  const kept = feasible.filter((at) => !ignored(at));
  const parts = constraints.map((constraint) => {
    const key = constraint.topologyKey;
    const size =
      key === hostname
        ? kept.length
        : new Set(kept.map((at) => at.node.metadata.labels?.[key] ?? "")).size;
    const counts = domains(constraint, pod, eligible);
    return (at: OracleNode) => {
      const value = at.node.metadata.labels?.[key];
      if (value === undefined) return 0;
      const count =
        key === hostname ? countOn(at, pod, constraint.counted) : (counts.get(value) ?? 0);
      return count * Math.log(size + 2) + (constraint.maxSkew - 1);
    };
  });
  const raw = new Map(
    kept.map((at) => [at, Math.round(parts.reduce((sum, part) => sum + part(at), 0))]),
  );
  const most = Math.max(...raw.values());
  const least = Math.min(...raw.values());
  return feasible.map((at) => {
    const own = raw.get(at);
    if (own === undefined) return 0;
    return most === 0 ? 100 : Math.trunc((100 * (most + least - own)) / most);
  });
};
