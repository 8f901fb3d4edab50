/** What a PodDisruptionBudget allows now: its status, which evictions are measured by. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { formatTime, parseTime } from "#apimachinery/time.ts";
import { type Effect, requeueAfter, updateStatus } from "#controllers/effects.ts";
import { scaledValue } from "#controllers/int-or-percent.ts";
import { isPodReady, isPodTerminating } from "#controllers/pod-conditions.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { Condition } from "#gen/api/meta/v1.ts";
import {
  type PodDisruptionBudget,
  type PodDisruptionBudgetStatus,
  poddisruptionbudgets,
} from "#gen/api/policy/v1.ts";

/** Upstream's DeletionTimeout: an eviction that led to no deletion in this time did not happen. */
const evictionMs = 120_000;

export interface Observed {
  /** That the selector matches. */
  readonly pods: readonly Pod[];
  /** The replicas that the pods' controllers want, each controller counted once. */
  readonly wantedReplicas: number;
}

interface Numbers {
  readonly expected: number;
  readonly desired: number;
}

function numbersOf({ spec }: PodDisruptionBudget, { pods, wantedReplicas }: Observed): Numbers {
  const { minAvailable, maxUnavailable } = spec;
  if (maxUnavailable !== undefined) {
    const expected = wantedReplicas;
    const down = scaledValue(maxUnavailable, expected, Math.ceil);
    return { expected, desired: Math.max(0, expected - down) };
  }
  if (typeof minAvailable === "string") {
    const desired = scaledValue(minAvailable, wantedReplicas, Math.ceil);
    return { expected: wantedReplicas, desired };
  }
  return { expected: pods.length, desired: minAvailable ?? 0 };
}

/** Evictions whose pods are still there and not yet going, with the milliseconds for which they count. */
function pendingEvictions(
  { status }: PodDisruptionBudget,
  { pods }: Observed,
  now: Date,
): ReadonlyMap<string, number> {
  const pending = new Map<string, number>();
  for (const [name, time] of Object.entries(status?.disruptedPods ?? {})) {
    const pod = pods.find(({ metadata }) => metadata.name === name);
    const since = parseTime(time)?.getTime() ?? 0;
    const left = since + evictionMs - now.getTime();
    if (pod !== undefined && !isPodTerminating(pod) && left > 0) pending.set(name, left);
  }
  return pending;
}

function conditionOf(budget: PodDisruptionBudget, allowed: number, now: Date): Condition {
  const type = "DisruptionAllowed";
  const status = allowed > 0 ? "True" : "False";
  const old = budget.status?.conditions?.find((condition) => condition.type === type);
  const since = old?.status === status ? old.lastTransitionTime : formatTime(now);
  return {
    type,
    status,
    observedGeneration: budget.metadata.generation,
    lastTransitionTime: since,
    reason: allowed > 0 ? "SufficientPods" : "InsufficientPods",
    message: "",
  };
}

export function reconcile(
  budget: PodDisruptionBudget,
  observed: Observed,
  now: Date,
): readonly Effect[] {
  const { expected, desired } = numbersOf(budget, observed);
  const pending = pendingEvictions(budget, observed, now);
  const healthy = observed.pods.filter(
    (pod) => isPodReady(pod) && !isPodTerminating(pod) && !pending.has(pod.metadata.name),
  ).length;
  const allowed = expected === 0 ? 0 : Math.max(0, healthy - desired);
  const evicted = Object.entries(budget.status?.disruptedPods ?? {});
  const kept = evicted.filter(([name]) => pending.has(name));
  const others = (budget.status?.conditions ?? []).filter(
    ({ type }) => type !== "DisruptionAllowed",
  );
  const status: PodDisruptionBudgetStatus = {
    observedGeneration: budget.metadata.generation,
    ...(kept.length === 0 ? {} : { disruptedPods: Object.fromEntries(kept) }),
    disruptionsAllowed: allowed,
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    conditions: [...others, conditionOf(budget, allowed, now)],
  };
  const wake = pending.size === 0 ? [] : [requeueAfter(Math.min(...pending.values()) / 1000)];
  if (deepEqual(status, budget.status)) return wake;
  return [updateStatus(poddisruptionbudgets, { ...budget, status }), ...wake];
}
