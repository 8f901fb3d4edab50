/** Pods with names that last: made in order, ended in the reverse, replaced from the highest ordinal down. */
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { create, type Effect, event, remove, requeueAfter } from "#controllers/effects.ts";
import { scaledValue } from "#controllers/int-or-percent.ts";
import { claim } from "#controllers/owner-references.ts";
import {
  isPodReady,
  isPodTerminal,
  isPodTerminating,
  untilAvailable,
} from "#controllers/pod-conditions.ts";
import { historyOf, revisionLabel } from "#controllers/revisions.ts";
import type { ControllerRevision, StatefulSet } from "#gen/api/apps/v1.ts";
import {
  type PersistentVolumeClaim,
  type Pod,
  persistentvolumeclaims,
  pods,
} from "#gen/api/core/v1.ts";
import { keepOwners } from "./claims.ts";
import { claimsOf, ordinalOf, podOf, templateIn, type Version } from "./identity.ts";
import { statusOf, writeStatus } from "./status.ts";

export interface Observed {
  /** Pods of this set, and those of the namespace that nobody controls. */
  readonly candidates: readonly Pod[];
  /** Of this set. */
  readonly revisions: readonly ControllerRevision[];
  /** Of that name. */
  claim(name: string): PersistentVolumeClaim | undefined;
}

interface Plan {
  readonly set: StatefulSet;
  readonly observed: Observed;
  readonly current: Version;
  readonly update: Version;
  /** By ordinal, ascending: those that should be. */
  readonly slots: readonly { readonly ordinal: number; readonly pod: Pod | undefined }[];
  /** Those beyond, the highest ordinal first. */
  readonly condemned: readonly Pod[];
  readonly now: Date;
}

export function reconcile(set: StatefulSet, observed: Observed, now: Date): readonly Effect[] {
  const selector = selectorFromLabelSelector(set.spec.selector);
  const { candidates, revisions } = observed;
  // Only pods with names of the set can be its own.
  const named = candidates.filter((pod) => ordinalOf(set, pod) !== undefined);
  const { claimed, effects } = claim({ owner: set, ref: pods, selector, candidates: named });
  const inUse = new Set(claimed.map(({ metadata }) => metadata.labels?.[revisionLabel] ?? ""));
  inUse.add(set.status?.currentRevision ?? "");
  const { template, revisionHistoryLimit: limit } = set.spec;
  const history = historyOf({ owner: set, template, limit }, revisions, inUse);
  const update = { revision: history.name, template };
  const plan = planOf(set, { observed, claimed, update }, now);
  const versions = { current: plan.current.revision, update: update.revision };
  const managed =
    set.metadata.deletionTimestamp === undefined ? [...keepClaims(plan), ...manage(plan)] : [];
  const status = statusOf(set, claimed, versions, now);
  return [
    ...history.effects,
    ...effects,
    ...managed,
    ...writeStatus(set, status),
    ...wakeUp(set, claimed, now),
  ];
}

function planOf(
  set: StatefulSet,
  facts: {
    readonly observed: Observed;
    readonly claimed: readonly Pod[];
    readonly update: Version;
  },
  now: Date,
): Plan {
  const { observed, claimed, update } = facts;
  const { currentRevision = "" } = set.status ?? {};
  const kept = observed.revisions.find(({ metadata }) => metadata.name === currentRevision);
  const template = kept === undefined ? undefined : templateIn(kept);
  const current = template === undefined ? update : { revision: currentRevision, template };
  const first = set.spec.ordinals?.start ?? 0;
  const count = set.spec.replicas ?? 1;
  const byOrdinal = new Map(claimed.map((pod) => [ordinalOf(set, pod) ?? -1, pod]));
  const slots = Array.from({ length: count }, (_, index) => {
    const ordinal = first + index;
    return { ordinal, pod: byOrdinal.get(ordinal) };
  });
  const condemned = [...byOrdinal]
    .filter(([ordinal]) => ordinal < first || ordinal >= first + count)
    .sort(([a], [b]) => b - a)
    .map(([, pod]) => pod);
  return { set, observed, current, update, slots, condemned, now };
}

/** Before pods are ended: whose claim is its own takes it along. */
function keepClaims({ set, observed, slots, condemned }: Plan): readonly Effect[] {
  if ((set.spec.volumeClaimTemplates ?? []).length === 0) return [];
  const keep = (ordinal: number, pod: Pod, isCondemned: boolean): readonly Effect[] =>
    claimsOf(set, ordinal).flatMap(({ metadata }) => {
      const claim = observed.claim(metadata.name ?? "");
      return claim === undefined ? [] : keepOwners(set, { pod, condemned: isCondemned }, claim);
    });
  return [
    ...slots.flatMap(({ ordinal, pod }) => (pod === undefined ? [] : keep(ordinal, pod, false))),
    ...condemned.flatMap((pod) => keep(ordinalOf(set, pod) ?? -1, pod, true)),
  ];
}

const isParallel = ({ spec }: StatefulSet): boolean => spec.podManagementPolicy === "Parallel";

function isHealthy({ set, now }: Plan, pod: Pod): boolean {
  const running = pod.status?.phase === "Running" && isPodReady(pod) && !isPodTerminating(pod);
  return running && untilAvailable(pod, set.spec.minReadySeconds ?? 0, now) === 0;
}

/** One step where order is asked for, all steps at once where it is not. */
function manage(plan: Plan): readonly Effect[] {
  const ordered = !isParallel(plan.set);
  const effects: Effect[] = [];
  for (const { ordinal, pod } of plan.slots) {
    const step = fill(plan, ordinal, pod);
    effects.push(...step);
    const settled = pod !== undefined && isHealthy(plan, pod);
    if (ordered && (step.length > 0 || !settled)) return effects;
  }
  const all = [...plan.slots.flatMap(({ pod }) => pod ?? []), ...plan.condemned.toReversed()];
  const firstUnhealthy = all.find((pod) => !isHealthy(plan, pod));
  for (const pod of plan.condemned) {
    // One that is unwell holds those above it: only the lowest of the unwell goes before it is mended.
    const mayGo = isHealthy(plan, pod) || pod === firstUnhealthy || isPodTerminating(pod);
    if (ordered && !mayGo) return effects;
    if (!isPodTerminating(pod)) effects.push(...end(plan, pod));
    if (ordered) return effects;
  }
  return effects.length > 0 ? effects : roll(plan);
}

/** Makes the pod of an ordinal, or ends one that will not run again so that it can be made anew. */
function fill(plan: Plan, ordinal: number, pod: Pod | undefined): readonly Effect[] {
  const { set } = plan;
  const { namespace = "", name } = set.metadata;
  if (pod !== undefined) {
    if (!isPodTerminal(pod) || isPodTerminating(pod)) return [];
    const failed = pod.status.phase === "Failed";
    const reason = failed ? "RecreatingFailedPod" : "RecreatingTerminatedPod";
    const what = `StatefulSet ${namespace}/${name} is recreating ${failed ? "failed" : "terminated"} Pod ${pod.metadata.name}`;
    return [event(set, failed ? "Warning" : "Normal", reason, what), ...end(plan, pod)];
  }
  const draft = podOf(set, ordinal, versionFor(plan, ordinal));
  const claims = claimsOf(set, ordinal).filter(
    ({ metadata }) => plan.observed.claim(metadata.name ?? "") === undefined,
  );
  const made = `Create Pod ${draft.metadata.name} in StatefulSet ${name} successful`;
  return [
    ...claims.flatMap((each) => {
      const what = `Create Claim ${each.metadata.name} Pod ${draft.metadata.name} in StatefulSet ${name} success`;
      return [
        create(persistentvolumeclaims, namespace, each, { existsIsFine: true }),
        event(set, "Normal", "SuccessfulCreate", what),
      ];
    }),
    create(pods, namespace, draft, { existsIsFine: true }),
    event(set, "Normal", "SuccessfulCreate", made),
  ];
}

/** Below the partition, and while a rollout has not come that far, pods keep the current template. */
function versionFor({ set, current, update }: Plan, ordinal: number): Version {
  const { type = "RollingUpdate", rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === "OnDelete" || current.revision === update.revision) return update;
  const first = set.spec.ordinals?.start ?? 0;
  const kept = rollingUpdate?.partition ?? set.status?.currentReplicas ?? 0;
  return ordinal < first + kept ? current : update;
}

function end({ set }: Plan, pod: Pod): readonly Effect[] {
  const message = `Delete Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name} successful`;
  return [remove(pods, pod), event(set, "Normal", "SuccessfulDelete", message)];
}

/** Ends the highest pods of an older template, while no more than maxUnavailable are away or unwell. */
function roll(plan: Plan): readonly Effect[] {
  const { set, slots, update } = plan;
  const { type = "RollingUpdate", rollingUpdate } = set.spec.updateStrategy ?? {};
  if (type === "OnDelete") return [];
  const first = set.spec.ordinals?.start ?? 0;
  const lowest = first + (rollingUpdate?.partition ?? 0);
  const most = scaledValue(rollingUpdate?.maxUnavailable ?? 1, slots.length, Math.floor);
  const isOld = (pod: Pod): boolean => pod.metadata.labels?.[revisionLabel] !== update.revision;
  const isAway = ({ pod }: Plan["slots"][number]): boolean =>
    pod === undefined || isPodTerminating(pod) || (!isOld(pod) && !isHealthy(plan, pod));
  const may = Math.max(1, most) - slots.filter(isAway).length;
  const old = slots
    .toReversed()
    .flatMap(({ ordinal, pod }) => (ordinal < lowest || pod === undefined ? [] : [pod]))
    .filter((pod) => isOld(pod) && !isPodTerminating(pod));
  return old.slice(0, Math.max(0, may)).flatMap((pod) => end(plan, pod));
}

function wakeUp(set: StatefulSet, claimed: readonly Pod[], now: Date): readonly Effect[] {
  const waits = claimed
    .map((pod) => untilAvailable(pod, set.spec.minReadySeconds ?? 0, now) ?? 0)
    .filter((milliseconds) => milliseconds > 0);
  return waits.length === 0 ? [] : [requeueAfter(Math.min(...waits) / 1000)];
}
