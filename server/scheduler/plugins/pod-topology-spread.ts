/** PodTopologySpread: matching pods are spread over domains. */
import type { Pod } from "#gen/api/core/v1.ts";
import { V_SPREAD, V_SPREAD_LABEL } from "#gen/scheduler-abi.ts";
import { spreadPredicate } from "#scheduler/predicate.ts";
import { definePlugin, filterAndScore, type PodChange } from "./plugin.ts";
import { movesDomains, recounts, subjectOf } from "./pod-changes.ts";

function spreadCounts(pod: Pod, change: PodChange): boolean {
  if (!recounts(change)) return false;
  const { namespace = "", labels = {} } = pod.metadata;
  const constraints = pod.spec.topologySpreadConstraints ?? [];
  if (constraints.length === 0) return true;
  return constraints.some((constraint) => {
    const { predicate } = spreadPredicate(constraint, namespace, labels);
    return [change.before, change.now].some(
      (other) => other && predicate.matches(subjectOf(other)),
    );
  });
}

export const podTopologySpread = definePlugin({
  name: "PodTopologySpread",
  points: filterAndScore,
  reasons: [
    [V_SPREAD, "node(s) didn't match pod topology spread constraints"],
    [
      V_SPREAD_LABEL,
      "node(s) didn't match pod topology spread constraints (missing required label)",
    ],
  ],
  hint: { node: movesDomains, nodeGone: true, pod: spreadCounts },
});
