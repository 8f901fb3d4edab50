import type { Filter, Score } from "./cluster.ts";
import { tolerates, untoleratedHardTaint } from "./matching.ts";

export const taintTolerationFilter: Filter = (pod, { node }) =>
  untoleratedHardTaint(pod, node) === undefined
    ? undefined
    : { reasons: ["node(s) had untolerated taint(s)"], unresolvable: true };

export const taintTolerationScore: Score = (pod, feasible) => {
  const soft = (pod.spec.tolerations ?? []).filter(
    (t) => !t.effect || t.effect === "PreferNoSchedule",
  );
  const counts = feasible.map(
    ({ node }) =>
      (node.spec.taints ?? []).filter(
        (taint) =>
          taint.effect === "PreferNoSchedule" &&
          !soft.some((toleration) => tolerates(toleration, taint)),
      ).length,
  );
  const most = Math.max(...counts);
  return counts.map((count) => (most === 0 ? 100 : 100 - Math.trunc((100 * count) / most)));
};
