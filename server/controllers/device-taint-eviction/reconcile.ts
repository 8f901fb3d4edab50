/** Pods leave devices that are tainted NoExecute: at once, or when the time that they tolerate it is over. */
import { formatTime } from "#apimachinery/time.ts";
import { type Effect, event, patch, remove, requeueAfter } from "#controllers/effects.ts";
import { targetOf } from "#controllers/owner-references.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import type { Eviction } from "./evictions.ts";

const reason = "DeviceTaintManagerEviction";

/** `wasPending`: it was to be evicted when it was looked at before. */
export function reconcile(
  pod: Pod,
  eviction: Eviction | undefined,
  { now, wasPending }: { readonly now: Date; readonly wasPending: boolean },
): readonly Effect[] {
  if (pod.metadata.deletionTimestamp !== undefined) return [];
  if (eviction === undefined)
    return wasPending ? [event(pod, "Normal", reason, "Cancelling deletion")] : [];
  const left = (eviction.at.getTime() - now.getTime()) / 1000;
  return left > 0 ? [requeueAfter(left)] : evict(pod, now);
}

function evict(pod: Pod, now: Date): readonly Effect[] {
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByDeviceTaintManager",
    message: "Device Taint manager: deleting due to NoExecute taint",
    lastTransitionTime: formatTime(now),
  };
  return [
    event(pod, "Normal", reason, "Marking for deletion"),
    patch(
      pods,
      { ...targetOf(pod), subresource: "status" },
      { status: { conditions: [condition] } },
    ),
    remove(pods, pod),
  ];
}
