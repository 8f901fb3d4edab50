import type { Pod, PodAffinityTerm } from "#gen/api/core/v1.ts";
import { type Cluster, type Filter, type OracleNode, once, type Score } from "./cluster.ts";
import { selectorMatches } from "./matching.ts";
import { argumentsOf } from "./settings.ts";

/** Does `owner`'s term select `other`? matchLabelKeys and mismatchLabelKeys read the owner's labels. */
function selects(term: PodAffinityTerm, owner: Pod, other: Pod, cluster: Cluster): boolean {
  const namespace = other.metadata.namespace ?? "";
  const listed = term.namespaces ?? [];
  const inNamespace =
    listed.length === 0 && term.namespaceSelector === undefined
      ? namespace === owner.metadata.namespace
      : listed.includes(namespace) ||
        selectorMatches(term.namespaceSelector, cluster.namespaces[namespace]);
  if (!inNamespace || !selectorMatches(term.labelSelector, other.metadata.labels)) return false;
  for (const key of term.matchLabelKeys ?? []) {
    const value = owner.metadata.labels?.[key];
    if (value !== undefined && other.metadata.labels?.[key] !== value) return false;
  }
  for (const key of term.mismatchLabelKeys ?? []) {
    const value = owner.metadata.labels?.[key];
    if (value !== undefined && other.metadata.labels?.[key] === value) return false;
  }
  return true;
}

const affinityTerms = (pod: Pod) =>
  pod.spec.affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
const antiTerms = (pod: Pod) =>
  pod.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
function* preferred({ spec: { affinity } }: Pod) {
  if (affinity === undefined) return;
  yield* affinity.podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  const away = affinity.podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
  for (const { weight, podAffinityTerm } of away) yield { weight: -weight, podAffinityTerm };
}

/** Domain of a topology key -> every bound pod in it. */
const domainsOf = once((cluster, key) => {
  const found = new Map<string, Pod[]>();
  for (const { node, pods } of cluster.nodes) {
    const value = node.metadata.labels?.[key];
    if (value !== undefined) found.set(value, [...(found.get(value) ?? []), ...pods]);
  }
  return found;
});

/** Every bound pod that stands in the same domain of `key` as `at`. */
function podsInDomain(at: OracleNode, key: string, cluster: Cluster): readonly Pod[] {
  const value = at.node.metadata.labels?.[key];
  return value === undefined ? [] : (domainsOf(cluster, key).get(value) ?? []);
}

function affinityHolds(pod: Pod, at: OracleNode, cluster: Cluster): boolean {
  const terms = affinityTerms(pod);
  if (terms.some((term) => at.node.metadata.labels?.[term.topologyKey] === undefined)) return false;
  const matchesAll = (other: Pod) => terms.every((term) => selects(term, pod, other, cluster));
  const near = terms.every((term) => podsInDomain(at, term.topologyKey, cluster).some(matchesAll));
  if (near) return true;
  const anywhere = cluster.nodes.some(
    (other) =>
      terms.some((term) => other.node.metadata.labels?.[term.topologyKey] !== undefined) &&
      other.pods.some(matchesAll),
  );
  return !anywhere && matchesAll(pod);
}

export const interPodAffinityFilter: Filter = (pod, at, cluster) => {
  if (!affinityHolds(pod, at, cluster)) {
    return { reasons: ["node(s) didn't match pod affinity rules"], unresolvable: true };
  }
  const hits = (owner: Pod, other: Pod, term: PodAffinityTerm) =>
    selects(term, owner, other, cluster);
  for (const term of antiTerms(pod)) {
    if (podsInDomain(at, term.topologyKey, cluster).some((other) => hits(pod, other, term))) {
      return { reasons: ["node(s) didn't match pod anti-affinity rules"], unresolvable: false };
    }
  }
  for (const key of Object.keys(at.node.metadata.labels ?? {})) {
    const refuses = (other: Pod) =>
      antiTerms(other).some((term) => term.topologyKey === key && hits(other, pod, term));
    if (podsInDomain(at, key, cluster).some(refuses)) {
      const reasons = ["node(s) didn't satisfy existing pods anti-affinity rules"];
      return { reasons, unresolvable: false };
    }
  }
  return undefined;
};

/** How much `other`, standing in the domain of `key`, draws the pod there. */
function pull(pod: Pod, other: Pod, key: string, cluster: Cluster, hardWeight: number): number {
  let sum = 0;
  for (const { weight, podAffinityTerm: term } of preferred(pod)) {
    if (term.topologyKey === key && selects(term, pod, other, cluster)) sum += weight;
  }
  for (const { weight, podAffinityTerm: term } of preferred(other)) {
    if (term.topologyKey === key && selects(term, other, pod, cluster)) sum += weight;
  }
  for (const term of affinityTerms(other)) {
    if (term.topologyKey === key && selects(term, other, pod, cluster)) sum += hardWeight;
  }
  return sum;
}

export const interPodAffinityScore: Score = (pod, feasible, cluster) => {
  const { ignorePreferredTermsOfExistingPods, hardPodAffinityWeight = 1 } = argumentsOf(
    "InterPodAffinity",
    pod,
    cluster,
  );
  if (ignorePreferredTermsOfExistingPods && preferred(pod).next().done) return undefined;
  const raw = feasible.map((at) =>
    Object.keys(at.node.metadata.labels ?? {}).reduce(
      (sum, key) =>
        podsInDomain(at, key, cluster).reduce(
          (s, other) => s + pull(pod, other, key, cluster, hardPodAffinityWeight),
          sum,
        ),
      0,
    ),
  );
  const most = Math.max(...raw);
  const least = Math.min(...raw);
  return raw.map((sum) =>
    most === least ? 0 : Math.trunc(100 * ((sum - least) / (most - least))),
  );
};
