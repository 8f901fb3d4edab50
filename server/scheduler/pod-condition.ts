/** PodScheduled=False: the pod itself says why it has no node, and where room is made for it. */
import type { Client } from "#client/client.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";

export interface Refusal {
  readonly reason: "Unschedulable" | "SchedulerError";
  readonly message: string;
  /** RFC 3339. */
  readonly now: string;
  /** status.nominatedNodeName from now on; "" clears it, undefined leaves it. */
  readonly nominated?: string | undefined;
}

/** Patches status.conditions and nominatedNodeName; does nothing when they already say so. */
export async function writeRefusal(client: Client, pod: Pod, refusal: Refusal): Promise<void> {
  const { reason, message, now, nominated } = refusal;
  const current = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  const told =
    current?.status === "False" && current.reason === reason && current.message === message;
  const nominates = nominated !== undefined && nominated !== (pod.status?.nominatedNodeName ?? "");
  if (told && !nominates) return;
  const lastTransitionTime = current?.status === "False" ? current.lastTransitionTime : now;
  const observedGeneration = pod.metadata.generation;
  const what = { type: "PodScheduled", status: "False", reason, message };
  const condition = { ...what, lastTransitionTime, observedGeneration };
  const { name, namespace = "" } = pod.metadata;
  const target = { namespace, name, subresource: "status" };
  const type = "application/strategic-merge-patch+json";
  await client.patch(pods, target, type, {
    metadata: { uid: pod.metadata.uid },
    status: {
      conditions: [condition],
      ...(nominates ? { nominatedNodeName: nominated === "" ? null : nominated } : {}),
    },
  });
}

/** Writes status.nominatedNodeName: where the pod is going to be, as things stand. Returns what came of it. */
export async function nominate(client: Client, pod: Pod, nominatedNodeName: string): Promise<Pod> {
  const { name, namespace = "", uid } = pod.metadata;
  if (pod.status?.nominatedNodeName === nominatedNodeName) return pod;
  const type = "application/strategic-merge-patch+json";
  return client.patch(pods, { namespace, name, subresource: "status" }, type, {
    metadata: { uid },
    status: { nominatedNodeName },
  });
}
