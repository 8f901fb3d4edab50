/** PodScheduled=False: the pod itself says why it has no node, and where room is made for it. */
import { isReason } from "#apimachinery/status.ts";
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

/** Refusals on their way. A pod that fits after all is bound when the last one is written: else it would come after. */
export class Refusals {
  readonly #writing = new Map<Pod["metadata"]["uid"], Promise<void>>();

  /** A pod that is gone, or another one by now, is told nothing. */
  write(client: Client, pod: Pod, refusal: Refusal): Promise<void> {
    const { uid } = pod.metadata;
    const unlessGone = (error: unknown): void => {
      if (!isReason(error, "NotFound") && !isReason(error, "Conflict")) throw error;
    };
    const writing = writeRefusal(client, pod, refusal)
      .catch(unlessGone)
      .finally(() => {
        if (this.#writing.get(uid) === writing) this.#writing.delete(uid);
      });
    this.#writing.set(uid, writing);
    return writing;
  }

  /** Resolves when it is written, or cannot be; undefined: none is on its way. */
  of({ metadata }: Pod): Promise<unknown> | undefined {
    return this.#writing.get(metadata.uid)?.catch(() => undefined);
  }
}

/** Patches status.conditions and nominatedNodeName; does nothing when they already say so. */
async function writeRefusal(client: Client, pod: Pod, refusal: Refusal): Promise<void> {
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
