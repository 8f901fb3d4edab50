/**
 * How finished pods are counted, each exactly once. A pod carries a finalizer until it is counted:
 *
 *   terminal, with finalizer ── its uid into status.uncounted ── finalizer off ── uid out, counter up
 *
 * Every arrow is one write; whoever crashes between two of them finds in the status where it was.
 */
import { type Effect, patch } from "#controllers/effects.ts";
import { targetOf } from "#controllers/owner-references.ts";
import type { Job, UncountedTerminatedPods } from "#gen/api/batch/v1.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import type { Ending } from "./conditions.ts";
import { ruleFor } from "./failure-policy.ts";

export const trackingFinalizer = "batch.kubernetes.io/job-tracking";

export function isTracked({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(trackingFinalizer) === true;
}

/** Ended without success; where it is replaced at once, one that is told to go has failed already. */
export function isFailed(job: Job, pod: Pod): boolean {
  const { phase } = pod.status;
  if (phase === "Failed") return true;
  const going = pod.metadata.deletionTimestamp !== undefined && phase !== "Succeeded";
  return going && job.spec.podReplacementPolicy !== "Failed";
}

export function untrack(pod: Pod): Effect {
  const body = {
    metadata: {
      uid: pod.metadata.uid,
      "$deleteFromPrimitiveList/finalizers": [trackingFinalizer],
    },
  };
  return patch(pods, targetOf(pod), body);
}

export interface Counted {
  readonly succeeded: number;
  readonly failed: number;
  readonly uncounted: UncountedTerminatedPods;
  /** Whose end is in the status now: their finalizers may go. */
  readonly recorded: readonly Pod[];
  /** Those that were recorded since the last look. */
  readonly fresh: readonly Pod[];
}

const isSucceeded = ({ status }: Pod): boolean => status?.phase === "Succeeded";

/**
 * Uids whose pods have lost the finalizer are counted; new ends take their place. `ending`: what the Job comes to; no
 * pod is waited for then, and those of a Job that failed have failed with it.
 */
export function count(job: Job, claimed: readonly Pod[], ending?: Ending["type"]): Counted {
  const { succeeded = 0, failed = 0, uncountedTerminatedPods: before = {} } = job.status ?? {};
  const tracked = new Map(claimed.filter(isTracked).map((pod) => [pod.metadata.uid ?? "", pod]));
  const split = (uids: readonly string[] = []) => Map.groupBy(uids, (uid) => tracked.has(uid));
  const won = split(before.succeeded);
  const lost = split(before.failed);
  const hasEnded = (pod: Pod): boolean =>
    isSucceeded(pod) || isFailed(job, pod) || ending === "Failed";
  const known = new Set([...(before.succeeded ?? []), ...(before.failed ?? [])]);
  const fresh = [...tracked.values()].filter(
    (pod) => hasEnded(pod) && !known.has(pod.metadata.uid ?? ""),
  );
  const uidsOf = (some: readonly Pod[]): string[] => some.map(({ metadata }) => metadata.uid ?? "");
  const counts = (pod: Pod): boolean => ruleFor(job, pod)?.action !== "Ignore";
  const nextWon = [...(won.get(true) ?? []), ...uidsOf(fresh.filter(isSucceeded))];
  const failures = fresh.filter((pod) => !isSucceeded(pod) && counts(pod));
  const nextLost = [...(lost.get(true) ?? []), ...uidsOf(failures)];
  const pending = new Set([...nextWon, ...nextLost]);
  const ignored = new Set(fresh.filter((pod) => !isSucceeded(pod) && !counts(pod)));
  return {
    succeeded: succeeded + (won.get(false)?.length ?? 0),
    failed: failed + (lost.get(false)?.length ?? 0),
    uncounted: {
      ...(nextWon.length === 0 ? {} : { succeeded: nextWon }),
      ...(nextLost.length === 0 ? {} : { failed: nextLost }),
    },
    recorded: [...tracked.values()].filter(
      (pod) => pending.has(pod.metadata.uid ?? "") || ignored.has(pod) || ending === "Complete",
    ),
    fresh,
  };
}

/** Of counted and recorded pods together. */
export function totals({ succeeded, failed, uncounted }: Counted): {
  readonly succeeded: number;
  readonly failed: number;
} {
  return {
    succeeded: succeeded + (uncounted.succeeded?.length ?? 0),
    failed: failed + (uncounted.failed?.length ?? 0),
  };
}
