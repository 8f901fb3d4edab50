/** InterPodAffinity: near to some pods, away from others, in both directions. */
import type { Pod, PodAffinityTerm } from "#gen/api/core/v1.ts";
import { V_AFFINITY, V_ANTI_AFFINITY, V_EXISTING_ANTI } from "#gen/scheduler-abi.ts";
import { termPredicate } from "#scheduler/predicate.ts";
import { definePlugin, filterAndScore, type PodChange } from "./plugin.ts";
import { movesDomains, recounts, subjectOf } from "./pod-changes.ts";

function selects(terms: readonly PodAffinityTerm[] | undefined, owner: Pod, other: Pod): boolean {
  const { namespace = "", labels = {} } = owner.metadata;
  return (terms ?? []).some((term) => {
    const predicate = termPredicate(term, namespace, labels);
    // A namespace's labels are not at hand here.
    return predicate.readsNamespaces || predicate.matches(subjectOf(other));
  });
}

function affinityChanges(pod: Pod, change: PodChange): boolean {
  const { before, now } = change;
  const { podAffinity, podAntiAffinity } = pod.spec.affinity ?? {};
  const near = podAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  const far = podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (!recounts(change)) return false;
  if (now !== undefined && selects(near, pod, now)) return true;
  // The last of the wanted kind gone: the first of a series may start anywhere again.
  if (before !== undefined && selects(near, pod, before)) return true;
  if (before === undefined) return false;
  const theirs =
    before.spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  return selects(far, pod, before) || selects(theirs, before, pod);
}

export const interPodAffinity = definePlugin({
  name: "InterPodAffinity",
  points: filterAndScore,
  reasons: [
    [V_AFFINITY, "node(s) didn't match pod affinity rules"],
    [V_ANTI_AFFINITY, "node(s) didn't match pod anti-affinity rules"],
    [V_EXISTING_ANTI, "node(s) didn't satisfy existing pods anti-affinity rules"],
  ],
  hint: { node: movesDomains, nodeGone: true, pod: affinityChanges, others: ["namespace"] },
});
