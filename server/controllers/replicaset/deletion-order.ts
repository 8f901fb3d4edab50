/** Which pods go first when there are too many: upstream's ActivePodsWithRanks. */
import { parseTime } from "#apimachinery/time.ts";
import { isPodReady, podCondition } from "#controllers/pod-conditions.ts";
import type { Pod } from "#gen/api/core/v1.ts";

const phaseOrder: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 };
const deletionCost = "controller.kubernetes.io/pod-deletion-cost";

/**
 * First those whose loss costs least: unassigned, pending, not ready, cheap by their own annotation, sharing
 * a node with others of the same workload, ready for a short time, often restarted, young.
 * `related`: every active pod of the workload, those of sibling ReplicaSets too.
 */
export function inDeletionOrder(
  pods: readonly Pod[],
  related: readonly Pod[],
  now: Date,
): readonly Pod[] {
  const onNode = new Map<string, number>();
  for (const { spec } of related) {
    const { nodeName = "" } = spec;
    if (nodeName !== "") onNode.set(nodeName, (onNode.get(nodeName) ?? 0) + 1);
  }
  const ranked = pods.map((pod) => ({ pod, rank: rankOf(pod, onNode, now) }));
  ranked.sort((a, b) => compareRanks(a.rank, b.rank));
  return ranked.map(({ pod }) => pod);
}

/** Compared from the left; the smaller goes first. */
type Rank = readonly number[];

function rankOf(pod: Pod, onNode: ReadonlyMap<string, number>, now: Date): Rank {
  const { nodeName = "" } = pod.spec;
  const ready = isPodReady(pod);
  const readySince = ready ? podCondition(pod, "Ready")?.lastTransitionTime : undefined;
  return [
    nodeName === "" ? 0 : 1,
    phaseOrder[pod.status.phase ?? ""] ?? 0,
    ready ? 1 : 0,
    Number(pod.metadata.annotations?.[deletionCost] ?? 0),
    -(onNode.get(nodeName) ?? 0),
    ageClass(readySince, now),
    -restarts(pod),
    ageClass(pod.metadata.creationTimestamp, now),
  ];
}

/** The logarithm of the age: pods of about the same age count as equal, so that the choice spreads. */
function ageClass(since: string | undefined, now: Date): number {
  const start = since === undefined ? undefined : parseTime(since);
  if (start === undefined) return 0;
  const nanoseconds = Math.max(0, now.getTime() - start.getTime()) * 1e6;
  return nanoseconds === 0 ? 0 : Math.floor(Math.log2(nanoseconds));
}

function restarts({ status }: Pod): number {
  return Math.max(0, ...(status.containerStatuses ?? []).map(({ restartCount }) => restartCount));
}

function compareRanks(a: Rank, b: Rank): number {
  for (const [index, value] of a.entries()) {
    const difference = value - (b[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
