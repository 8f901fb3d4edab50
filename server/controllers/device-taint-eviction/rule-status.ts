/** What a DeviceTaintRule says of its own effect: who is still to go, or who would be. */
import { formatTime, parseTime } from "#apimachinery/time.ts";
import { apply, type Effect, requeueAfter } from "#controllers/effects.ts";
import type { Condition } from "#gen/api/meta/v1.ts";
import { type DeviceTaintRule, devicetaintrules } from "#gen/api/resource/v1.ts";

export interface RuleCounts {
  /** To be evicted, or, of an effect None, those that would be. */
  readonly pods: number;
  readonly namespaces: number;
  readonly publishedDevices: number;
  readonly allocatedDevices: number;
  /** Since the controller started. */
  readonly evictedPods: number;
}

const type = "EvictionInProgress";
/** Between two writes of one rule's condition. */
export const ruleStatusSeconds = 10;

const some = (count: number, one: string, more: string): string =>
  count === 1 ? `1 ${one}` : `${count} ${more}`;

function sentence({ spec }: DeviceTaintRule, counts: RuleCounts): [reason: string, text: string] {
  const { pods, namespaces, publishedDevices, allocatedDevices, evictedPods } = counts;
  if (spec.taint.effect === "NoExecute") {
    if (pods === 0) return [evictedPods > 0 ? "Completed" : "NotStarted", ""];
    const who = some(pods, "pod needs", "pods need");
    const where = some(namespaces, "namespace", "different namespaces");
    return ["PodsPendingEviction", `${who} to be evicted in ${where}.`];
  }
  if (spec.taint.effect !== "None")
    return ["OtherEffect", "Eviction only happens for the NoExecute effect."];
  return [
    "NoEffect",
    [
      `${some(publishedDevices, "published device", "published devices")} selected.`,
      `${some(allocatedDevices, "allocated device", "allocated devices")} selected.`,
      `${some(pods, "pod", "pods")} would be evicted in ${some(namespaces, "namespace", "different namespaces")}`,
      "if the effect was NoExecute. This information will not be updated again.",
      "Recreate the DeviceTaintRule to trigger an update.",
    ].join(" "),
  ];
}

function conditionOf(
  rule: DeviceTaintRule,
  counts: RuleCounts,
): Omit<Condition, "lastTransitionTime"> {
  const [reason, text] = sentence(rule, counts);
  const { evictedPods } = counts;
  const evicted = `${some(evictedPods, "pod", "pods")} evicted since starting the controller.`;
  const isPending = reason === "PodsPendingEviction";
  return {
    type,
    status: isPending ? "True" : "False",
    reason,
    message: [text, evictedPods > 0 ? evicted : ""].filter(Boolean).join(" "),
    observedGeneration: rule.metadata.generation ?? 0,
  };
}

/** `count` may look at every pod: it is asked only when the condition may be written. */
export function reconcileRule(
  rule: DeviceTaintRule,
  count: () => RuleCounts,
  { manager, now }: { readonly manager: string; readonly now: Date },
): readonly Effect[] {
  const { name, uid, generation = 0 } = rule.metadata;
  const present = rule.status?.conditions?.find((each) => each.type === type);
  const written = parseTime(present?.lastTransitionTime ?? "");
  if (written !== undefined && present?.observedGeneration === generation) {
    const left = ruleStatusSeconds - (now.getTime() - written.getTime()) / 1000;
    if (left > 0) return [requeueAfter(left)];
  }
  const wanted = conditionOf(rule, count());
  const stands =
    present?.status === wanted.status &&
    present.reason === wanted.reason &&
    present.message === wanted.message &&
    present.observedGeneration === wanted.observedGeneration;
  if (stands) return [];
  const conditions = [{ ...wanted, lastTransitionTime: formatTime(now) }];
  const target = { namespace: "", name, subresource: "status" };
  return [
    apply(devicetaintrules, target, manager, { metadata: { name, uid }, status: { conditions } }),
  ];
}
