import type { Filter, Score } from "./cluster.ts";
import { nodeTermMatches, requiredNodeAffinityMatches } from "./matching.ts";

export const nodeAffinityFilter: Filter = (pod, { node }) =>
  requiredNodeAffinityMatches(pod, node)
    ? undefined
    : { reasons: ["node(s) didn't match Pod's node affinity/selector"], unresolvable: true };

export const nodeAffinityScore: Score = (pod, feasible) => {
  const preferred =
    pod.spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [];
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
