/** Pods leave a node that is tainted NoExecute: at once, or when the time that they tolerate it is over. */

import { formatTime, parseTime } from "#apimachinery/time.ts";
import { type Effect, event, patch, remove, requeueAfter } from "#controllers/effects.ts";
import { targetOf } from "#controllers/owner-references.ts";
import { type Pod, pods, type Taint } from "#gen/api/core/v1.ts";
import { toleratesTaint } from "#resources/core/v1/tolerations.ts";

/** `firstSeen`: for a taint that does not say when it was added. */
export function reconcile(
  pod: Pod,
  taints: readonly Taint[],
  { now, firstSeen }: { readonly now: Date; firstSeen(taint: Taint): Date },
): readonly Effect[] {
  if (pod.metadata.deletionTimestamp !== undefined) return [];
  const noExecute = taints.filter(({ effect }) => effect === "NoExecute");
  const ends = noExecute.map((taint) => {
    const since = parseTime(taint.timeAdded ?? "") ?? firstSeen(taint);
    return since.getTime() + toleratedSeconds(pod, taint) * 1000;
  });
  const end = Math.min(...ends);
  if (!Number.isFinite(end)) return [];
  const left = (end - now.getTime()) / 1000;
  return left > 0 ? [requeueAfter(left)] : evict(pod, now);
}

/** 0: not at all. Infinity: for ever. Of several tolerations the shortest counts. */
function toleratedSeconds({ spec }: Pod, taint: Taint): number {
  const used = (spec.tolerations ?? []).filter((toleration) => toleratesTaint(toleration, taint));
  if (used.length === 0) return 0;
  const times = used.map(({ tolerationSeconds }) => tolerationSeconds ?? Number.POSITIVE_INFINITY);
  return Math.max(0, Math.min(...times));
}

function evict(pod: Pod, now: Date): readonly Effect[] {
  const { namespace = "", name } = pod.metadata;
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByTaintManager",
    message: "Taint manager: deleting due to NoExecute taint",
    lastTransitionTime: formatTime(now),
  };
  const body = { status: { conditions: [condition] } };
  return [
    event(pod, "Normal", "TaintManagerEviction", `Marking for deletion Pod ${namespace}/${name}`),
    patch(pods, { ...targetOf(pod), subresource: "status" }, body),
    remove(pods, pod),
  ];
}
