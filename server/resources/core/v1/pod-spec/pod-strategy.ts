/** What the server sets on a Pod at creation and keeps on update. */
import { formatTime } from "#apimachinery/time.ts";
import type { Pod, PodAffinityTerm } from "#gen/api/core/v1.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";
import { qosClass } from "#resources/core/v1/qos.ts";
import type { StrategyContext } from "#resources/resource.ts";
import { takeAppArmor } from "./app-armor.ts";
import { dropDisabledStatusFields } from "./disabled-fields.ts";
import { defaultPodLevelResources } from "./pod-level-resources.ts";

export function prepareForCreate(pod: Pod, { now, warn = () => {} }: StrategyContext): void {
  pod.status = { phase: "Pending" };
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    pod.status.conditions = [
      {
        type: "PodScheduled",
        status: "False",
        lastTransitionTime: formatTime(now),
        reason: "SchedulingGated",
        message: "Scheduling is blocked due to non-empty scheduling gates",
      },
    ];
  }
  for (const term of affinityTerms(pod)) applyMatchLabelKeys(term, pod.metadata.labels ?? {});
  for (const { labelSelector, matchLabelKeys } of pod.spec.topologySpreadConstraints ?? [])
    addLabelKeys(labelSelector, {
      keys: matchLabelKeys,
      operator: "In",
      labels: pod.metadata.labels ?? {},
    });
  defaultPodLevelResources(pod.spec);
  takeAppArmor(pod, warn);
  pod.status.qosClass = qosClass(pod.spec);
}

function affinityTerms({ spec }: Pod): PodAffinityTerm[] {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {};
  return [podAffinity, podAntiAffinity].flatMap((affinity) => [
    ...(affinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
    ...(affinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
      ({ podAffinityTerm }) => podAffinityTerm,
    ),
  ]);
}

function applyMatchLabelKeys(term: PodAffinityTerm, labels: Record<string, string>): void {
  const { labelSelector, matchLabelKeys, mismatchLabelKeys } = term;
  addLabelKeys(labelSelector, { keys: matchLabelKeys, operator: "In", labels });
  addLabelKeys(labelSelector, { keys: mismatchLabelKeys, operator: "NotIn", labels });
}

interface LabelKeys {
  readonly keys: readonly string[] | undefined;
  readonly operator: "In" | "NotIn";
  readonly labels: Record<string, string>;
}

/** The Pod's own values of these keys join the selector. */
function addLabelKeys(
  selector: LabelSelector | undefined,
  { keys, operator, labels }: LabelKeys,
): void {
  if (selector === undefined) return;
  for (const key of keys ?? []) {
    const value = labels[key];
    if (value === undefined) continue;
    selector.matchExpressions = [
      ...(selector.matchExpressions ?? []),
      { key, operator, values: [value] },
    ];
  }
}

export function prepareForUpdate(pod: Pod, old: Pod): void {
  pod.status = old.status;
  if (pod.spec.resources === undefined && old.spec.resources !== undefined)
    pod.spec.resources = structuredClone(old.spec.resources);
}

export function prepareForStatusUpdate(pod: Pod, old: Pod): void {
  pod.spec = old.spec;
  const { metadata, status } = pod;
  if (old.metadata.deletionTimestamp === undefined) delete metadata.deletionTimestamp;
  else metadata.deletionTimestamp = old.metadata.deletionTimestamp;
  if (old.metadata.ownerReferences === undefined) delete metadata.ownerReferences;
  else metadata.ownerReferences = old.metadata.ownerReferences;
  const kept = old.status;
  status.qosClass ??= kept.qosClass;
  status.resourceClaimStatuses ??= kept.resourceClaimStatuses;
  status.extendedResourceClaimStatus ??= kept.extendedResourceClaimStatus;
  status.nodeAllocatableResourceClaimStatuses ??= kept.nodeAllocatableResourceClaimStatuses;
  status.observedGeneration ||= kept.observedGeneration;
  const before = Map.groupBy(kept.conditions ?? [], ({ type }) => type);
  // Of several conditions of one type, each keeps what the one at its place had.
  for (const condition of status.conditions ?? [])
    condition.observedGeneration ||= before.get(condition.type)?.shift()?.observedGeneration;
  dropDisabledStatusFields(status, kept);
}

/**
 * Seconds to wait for a Pod's end: what was asked, or the Pod's own; none where nothing runs
 * (no node yet, or already ended).
 */
export function gracePeriodSeconds(pod: Pod, asked: number | undefined): number {
  const { phase } = pod.status ?? {};
  if ((pod.spec.nodeName ?? "") === "" || phase === "Failed" || phase === "Succeeded") return 0;
  const seconds = asked ?? pod.spec.terminationGracePeriodSeconds ?? 0;
  return seconds < 0 ? 1 : seconds;
}
