/** Evicts the victims of a preemption through the API, in upstream's steps and words. */
import { isReason } from "#apimachinery/status.ts";
import { formatTime } from "#apimachinery/time.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import type { EventRecorder } from "#client/event-recorder.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";

const patchType = "application/strategic-merge-patch+json";

interface Evicting {
  readonly client: Client;
  readonly clock: Clock;
  readonly events: EventRecorder;
}

interface Eviction {
  readonly preemptor: Pod;
  readonly nodeName: string;
  readonly victims: readonly Pod[];
  /** Pods of lower priority that hoped for the room; they may look elsewhere at once. */
  readonly lesserNominated: readonly Pod[];
}

export function isLeaving({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}

/** Is the pod on its way out since a scheduler preempted it? */
export function isPreempted(pod: Pod): boolean {
  if (!isLeaving(pod)) return false;
  const condition = pod.status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  return condition?.status === "True" && condition.reason === "PreemptionByScheduler";
}

async function unlessGone(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (isReason(error, "NotFound")) return false;
    throw error;
  }
}

async function evictOne(
  { client, clock, events }: Evicting,
  victim: Pod,
  { preemptor, nodeName }: Eviction,
): Promise<void> {
  const { name, namespace = "", uid, generation } = victim.metadata;
  const scheduler = preemptor.spec.schedulerName ?? "default-scheduler";
  const condition = {
    type: "DisruptionTarget",
    status: "True",
    reason: "PreemptionByScheduler",
    message: `${scheduler}: preempting to accommodate a higher priority pod`,
    lastTransitionTime: formatTime(clock.now()),
    observedGeneration: generation,
  };
  const target = { namespace, name };
  const told = await unlessGone(() =>
    client.patch(pods, { ...target, subresource: "status" }, patchType, {
      metadata: { uid },
      status: { conditions: [condition] },
    }),
  );
  if (!told) return;
  if (!(await unlessGone(() => client.delete(pods, namespace, name, { uid })))) return;
  const by = `Preempted by pod ${preemptor.metadata.uid} on node ${nodeName}`;
  events.event(victim, "Normal", "Preempted", by);
}

/** Clears a nomination that somebody more important took over. */
export async function clearNomination(client: Client, pod: Pod): Promise<void> {
  const { name, namespace = "", uid } = pod.metadata;
  await unlessGone(() =>
    client.patch(pods, { namespace, name, subresource: "status" }, patchType, {
      metadata: { uid },
      status: { nominatedNodeName: null },
    }),
  );
}

/** Resolves when every victim is being deleted; rejects when one could not be. Victims already leaving are left. */
export async function evict(with_: Evicting, eviction: Eviction): Promise<void> {
  await Promise.all(eviction.lesserNominated.map((pod) => clearNomination(with_.client, pod)));
  const standing = eviction.victims.filter((victim) => !isLeaving(victim));
  await Promise.all(standing.map((victim) => evictOne(with_, victim, eviction)));
}
