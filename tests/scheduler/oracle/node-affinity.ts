import type { Filter, Score } from "./cluster.ts";
import { nodeTermMatches, requiredNodeAffinityMatches } from "./matching.ts";
import { argumentsOf } from "./settings.ts";

export const nodeAffinityFilter: Filter = (pod, { node }, cluster) => {
  const { addedAffinity } = argumentsOf("NodeAffinity", pod, cluster);
  const added = addedAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms;
  if (added !== undefined && !added.some((term) => nodeTermMatches(term, node)))
    return {
      reasons: ["node(s) didn't match scheduler-enforced node affinity"],
      unresolvable: true,
    };
  return requiredNodeAffinityMatches(pod, node)
    ? undefined
    : { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };
};

export const nodeAffinityScore: Score = (pod, feasible, cluster) => {
  const { addedAffinity } = argumentsOf("NodeAffinity", pod, cluster);
  const preferred = [addedAffinity, pod.spec.affinity?.nodeAffinity].flatMap(
    (affinity) => affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [],
  );
  if (preferred.length === 0) return undefined;
  const sums = feasible.map(({ node }) =>
    preferred.reduce(
      (sum, { weight, preference }) => sum + (nodeTermMatches(preference, node) ? weight : 0),
      0,
    ),
  );
  const most = Math.max(...sums);
  return sums.map((sum) => (most === 0 ? 0 : Math.trunc((100 * sum) / most)));
};
