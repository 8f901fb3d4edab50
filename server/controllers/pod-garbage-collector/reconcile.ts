/** Pods that nobody will end any more: too many finished ones, those of vanished nodes, those never bound. */
import { formatTime } from "#apimachinery/time.ts";
import { type Effect, patch, remove } from "#controllers/effects.ts";
import { targetOf } from "#controllers/owner-references.ts";
import { isPodTerminal, isPodTerminating } from "#controllers/pod-conditions.ts";
import { type Node, type Pod, pods } from "#gen/api/core/v1.ts";

/** Upstream's --terminated-pod-gc-threshold. */
export const terminatedMax = 12_500;
const outOfService = "node.kubernetes.io/out-of-service";

/** The oldest finished pods beyond the bound. */
export function terminated(finished: readonly Pod[], max = terminatedMax): readonly Effect[] {
  const surplus = finished.length - max;
  if (surplus <= 0) return [];
  const created = ({ metadata }: Pod): string => metadata.creationTimestamp ?? "";
  const order = [...finished].sort((a, b) => (created(a) < created(b) ? -1 : 1));
  return order.slice(0, surplus).map((pod) => remove(pods, pod, { gracePeriodSeconds: 0 }));
}

export function orphaned(onVanishedNode: readonly Pod[], now: Date): readonly Effect[] {
  const message = "PodGC: node no longer exists";
  return onVanishedNode.flatMap((pod) => forget(pod, now, message));
}

/** Deleted before it was bound: no kubelet will ever confirm. */
export function unscheduledTerminating(pod: Pod): readonly Effect[] {
  const unbound = (pod.spec.nodeName ?? "") === "";
  return isPodTerminating(pod) && unbound ? [remove(pods, pod, { gracePeriodSeconds: 0 })] : [];
}

/** The node is off, says a person by this taint: its terminating pods have surely stopped. */
export function outOfServiceNode(node: Node, onNode: readonly Pod[], now: Date): readonly Effect[] {
  const ready = node.status.conditions?.find(({ type }) => type === "Ready");
  const off = node.spec.taints?.some(({ key }) => key === outOfService) === true;
  if (!off || ready?.status === "True") return [];
  const message = "PodGC: node is out of service";
  return onNode.filter(isPodTerminating).flatMap((pod) => forget(pod, now, message));
}

/** Failed first, so that whoever counts on its end (a Job) sees one. */
function forget(pod: Pod, now: Date, message: string): readonly Effect[] {
  const end = remove(pods, pod, { gracePeriodSeconds: 0 });
  if (isPodTerminal(pod)) return [end];
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "DeletionByPodGC",
    message,
    lastTransitionTime: formatTime(now),
  };
  const body = { status: { phase: "Failed", conditions: [condition] } };
  return [patch(pods, { ...targetOf(pod), subresource: "status" }, body), end];
}
