/** What a StatefulSet says about itself. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { type Effect, updateStatus } from "#controllers/effects.ts";
import { isPodReady, isPodTerminating, untilAvailable } from "#controllers/pod-conditions.ts";
import { revisionLabel } from "#controllers/revisions.ts";
import { type StatefulSet, type StatefulSetStatus, statefulsets } from "#gen/api/apps/v1.ts";
import type { Pod } from "#gen/api/core/v1.ts";

/** Names of revisions. */
export interface Versions {
  readonly current: string;
  readonly update: string;
}

export function statusOf(
  set: StatefulSet,
  claimed: readonly Pod[],
  { current, update }: Versions,
  now: Date,
): StatefulSetStatus {
  const minReady = set.spec.minReadySeconds ?? 0;
  const wanted = set.spec.replicas ?? 1;
  const living = claimed.filter((pod) => !isPodTerminating(pod));
  const ready = claimed.filter((pod) => pod.status?.phase === "Running" && isPodReady(pod));
  const of = (revision: string): number =>
    living.filter(({ metadata }) => metadata.labels?.[revisionLabel] === revision).length;
  const { collisionCount, conditions } = set.status ?? {};
  const status = {
    ...(conditions === undefined ? {} : { conditions }),
    observedGeneration: set.metadata.generation,
    replicas: claimed.length,
    readyReplicas: ready.length,
    availableReplicas: ready.filter((pod) => untilAvailable(pod, minReady, now) === 0).length,
    currentReplicas: of(current),
    updatedReplicas: of(update),
    currentRevision: current,
    updateRevision: update,
    collisionCount: collisionCount ?? 0,
  };
  const done =
    set.spec.updateStrategy?.type !== "OnDelete" &&
    status.updatedReplicas === wanted &&
    status.readyReplicas === wanted &&
    status.replicas === wanted;
  return done
    ? { ...status, currentReplicas: status.updatedReplicas, currentRevision: update }
    : status;
}

export function writeStatus(set: StatefulSet, status: StatefulSetStatus): readonly Effect[] {
  const same = deepEqual(withoutZeros(status), withoutZeros(set.status));
  return same ? [] : [updateStatus(statefulsets, { ...set, status })];
}

/** The wire leaves out zero counts. */
function withoutZeros(status: StatefulSetStatus | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(status ?? {}).filter(([, value]) => value !== 0));
}
