/** N pods, no more and no fewer: what ReplicaSets and ReplicationControllers have in common. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { matches, type Selector, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { formatTime } from "#apimachinery/time.ts";
import { createMany, type Effect, remove, requeueAfter } from "#controllers/effects.ts";
import { claim } from "#controllers/owner-references.ts";
import {
  isPodActive,
  isPodReady,
  isPodTerminal,
  untilAvailable,
} from "#controllers/pod-conditions.ts";
import { podFromTemplate } from "#controllers/pod-template.ts";
import type { ReplicaSetStatus } from "#gen/api/apps/v1.ts";
import { type Pod, type PodTemplateSpec, pods } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { inDeletionOrder } from "./deletion-order.ts";

/** Pods made or deleted in one go, as upstream's BurstReplicas. */
const burstMax = 500;

export interface Observed {
  /** Pods of this set, and those of the namespace that nobody controls. */
  readonly candidates: readonly Pod[];
  /** Active pods of the other sets of the same owner. */
  readonly siblings: readonly Pod[];
}

/** What is wanted, by whom. */
export interface Wanted {
  readonly owner: KubeObject;
  readonly replicas: number;
  readonly minReadySeconds: number;
  readonly selector: Selector;
  readonly template: PodTemplateSpec;
  readonly status: ReplicaSetStatus | undefined;
  writeStatus(status: ReplicaSetStatus): Effect;
}

export function keepReplicas(set: Wanted, observed: Observed, now: Date): readonly Effect[] {
  const { candidates } = observed;
  const { owner, selector } = set;
  const { claimed, effects } = claim({ owner, ref: pods, selector, candidates });
  const active = claimed.filter(isPodActive);
  const status = statusOf(set, claimed, now);
  const { deletionTimestamp } = owner.metadata;
  const manage =
    deletionTimestamp === undefined ? scale(set, { ...observed, active, status }, now) : [];
  return [...effects, ...manage, ...writeStatus(set, status), ...wakeUp(set, active, now)];
}

interface Scaling extends Observed {
  readonly active: readonly Pod[];
  readonly status: ReplicaSetStatus;
}

function scale(set: Wanted, { active, siblings, status }: Scaling, now: Date): readonly Effect[] {
  const wanted = set.replicas;
  const missing = wanted - active.length;
  const announce = { about: set.owner, noun: "pod" };
  const namespace = set.owner.metadata.namespace ?? "";
  if (missing > 0) {
    const count = Math.min(missing, burstMax);
    const drafts = Array.from({ length: count }, () => podFromTemplate(set.template, set.owner));
    const onRefusal = (why: string) => writeStatus(set, withFailure(status, why, now));
    return [createMany(pods, namespace, drafts, { announce, onRefusal })];
  }
  const order = missing < 0 ? inDeletionOrder(active, [...active, ...siblings], now) : [];
  return order.slice(0, Math.min(-missing, burstMax)).map((pod) => remove(pods, pod, { announce }));
}

function statusOf(set: Wanted, claimed: readonly Pod[], now: Date): ReplicaSetStatus {
  const active = claimed.filter(isPodActive);
  const { minReadySeconds } = set;
  const labels = set.template.metadata?.labels;
  const templateSelector = selectorFromLabelSelector({ matchLabels: labels });
  // Until the numbers agree the last refusal stays visible.
  const settled = active.length === set.replicas;
  const conditions = (set.status?.conditions ?? []).filter(
    ({ type }) => !settled || type !== "ReplicaFailure",
  );
  const terminating = claimed.filter((pod) => !isPodActive(pod) && !isPodTerminal(pod));
  return {
    replicas: active.length,
    fullyLabeledReplicas: active.filter(({ metadata }) =>
      matches(templateSelector, metadata.labels),
    ).length,
    readyReplicas: active.filter(isPodReady).length,
    availableReplicas: active.filter((pod) => untilAvailable(pod, minReadySeconds, now) === 0)
      .length,
    terminatingReplicas: terminating.length,
    observedGeneration: set.owner.metadata.generation,
    conditions,
  };
}

function withFailure(status: ReplicaSetStatus, message: string, now: Date): ReplicaSetStatus {
  const known = status.conditions?.find(({ type }) => type === "ReplicaFailure");
  if (known?.reason === "FailedCreate" && known.status === "True") return status;
  const lastTransitionTime = formatTime(now);
  const condition = { type: "ReplicaFailure", status: "True", reason: "FailedCreate" };
  const others = (status.conditions ?? []).filter(({ type }) => type !== "ReplicaFailure");
  return { ...status, conditions: [...others, { ...condition, lastTransitionTime, message }] };
}

function writeStatus(set: Wanted, status: ReplicaSetStatus): readonly Effect[] {
  if (deepEqual(withoutZeros(status), withoutZeros(set.status))) return [];
  return [set.writeStatus(status)];
}

/** The wire leaves out zero counts and empty lists. */
function withoutZeros(status: ReplicaSetStatus | undefined): Readonly<Record<string, unknown>> {
  const fields = Object.entries(status ?? {}).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value !== 0,
  );
  return Object.fromEntries(fields);
}

/** A pod that is ready but not for long enough becomes available without any event. */
function wakeUp(set: Wanted, active: readonly Pod[], now: Date): readonly Effect[] {
  const waits = active
    .map((pod) => untilAvailable(pod, set.minReadySeconds, now) ?? 0)
    .filter((milliseconds) => milliseconds > 0);
  return waits.length === 0 ? [] : [requeueAfter(Math.min(...waits) / 1000)];
}
