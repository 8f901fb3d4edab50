/** PodScheduled=False: the pod itself says why it has no node. */
import type { Client } from "#client/client.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";

export interface Refusal {
  readonly reason: "Unschedulable" | "SchedulerError";
  readonly message: string;
  /** RFC 3339. */
  readonly now: string;
}

/** Patches status.conditions; does nothing when it already says so. */
export async function writeRefusal(client: Client, pod: Pod, refusal: Refusal): Promise<void> {
  const { reason, message, now } = refusal;
  const current = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (current?.status === "False" && current.reason === reason && current.message === message)
    return;
  const lastTransitionTime = current?.status === "False" ? current.lastTransitionTime : now;
  const condition = { type: "PodScheduled", status: "False", reason, message, lastTransitionTime };
  const { name, namespace = "" } = pod.metadata;
  const target = { namespace, name, subresource: "status" };
  const type = "application/strategic-merge-patch+json";
  await client.patch(pods, target, type, {
    metadata: { uid: pod.metadata.uid },
    status: { conditions: [condition] },
  });
}
