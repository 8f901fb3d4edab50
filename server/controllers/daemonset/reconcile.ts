/** One pod on each node that fits. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { selectorFromLabelSelector } from "#apimachinery/labels.ts";
import {
  createMany,
  type Effect,
  event,
  remove,
  requeueAfter,
  updateStatus,
} from "#controllers/effects.ts";
import { claim } from "#controllers/owner-references.ts";
import { isPodReady, isPodTerminating, untilAvailable } from "#controllers/pod-conditions.ts";
import { podFromTemplate } from "#controllers/pod-template.ts";
import { type History, historyOf, revisionLabel } from "#controllers/revisions.ts";
import {
  type ControllerRevision,
  type DaemonSet,
  type DaemonSetStatus,
  daemonsets,
} from "#gen/api/apps/v1.ts";
import { type Node, type Pod, pods } from "#gen/api/core/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";
import { daemonTolerations, fitOf, nodeOf, pinnedTo } from "./node-fit.ts";
import { isOf, type Place, type Plan, surges } from "./plan.ts";
import { rolledPods } from "./rolling.ts";

export interface Observed {
  readonly nodes: readonly Node[];
  /** Pods of this set, and those of the namespace that nobody controls. */
  readonly candidates: readonly Pod[];
  /** Of this set. */
  readonly revisions: readonly ControllerRevision[];
}

export function reconcile(set: DaemonSet, observed: Observed, now: Date): readonly Effect[] {
  if (set.metadata.deletionTimestamp !== undefined) return [];
  const selector = selectorFromLabelSelector(set.spec.selector);
  const { candidates } = observed;
  const { claimed, effects } = claim({ owner: set, ref: pods, selector, candidates });
  const inUse = new Set(claimed.map(({ metadata }) => metadata.labels?.[revisionLabel] ?? ""));
  const { template, revisionHistoryLimit: limit } = set.spec;
  const wanted = { owner: set, template, limit, collisionCount: set.status?.collisionCount };
  const history: History = historyOf(wanted, observed.revisions, inUse);
  const places = placesOf(set, observed.nodes, claimed);
  const plan = { set, hash: history.hash, places };
  const known = new Set(observed.nodes.map(({ metadata }) => metadata.name));
  const lost = claimed.filter(
    ({ spec, metadata }) => !known.has(nodeOf(spec)) && metadata.deletionTimestamp === undefined,
  );
  const managed = manage(plan);
  // A rollout goes on only where the set is as it should be otherwise.
  const rolled = managed.length === 0 ? roll(plan, now) : [];
  const status = statusOf(plan, now);
  return [
    ...history.effects,
    ...effects,
    ...lost.map((pod) => remove(pods, pod, { announce: { about: set, noun: "pod" } })),
    ...managed,
    ...rolled,
    ...writeStatus(set, status),
    ...wakeUp(plan, now),
  ];
}

function placesOf(set: DaemonSet, nodes: readonly Node[], claimed: readonly Pod[]): Place[] {
  const byNode = Map.groupBy(claimed, ({ spec }) => nodeOf(spec));
  const spec = set.spec.template.spec ?? { containers: [] };
  return nodes.map((node) => ({
    node,
    fit: fitOf(spec, node),
    pods: byNode.get(node.metadata.name) ?? [],
  }));
}

/** Makes what is missing, ends what failed, doubled or does not belong. */
function manage(plan: Plan): readonly Effect[] {
  const { set, places } = plan;
  const missing = places.filter(({ fit, pods: there }) => fit.run && there.length === 0);
  const made = missing.map(({ node }) => daemonOn(plan, node.metadata.name));
  const announce = { about: set, noun: "pod" };
  const { namespace = "" } = set.metadata;
  const creates = made.length === 0 ? [] : [createMany(pods, namespace, made, { announce })];
  return [...places.flatMap((place) => endings(plan, place)), ...creates];
}

function endings(plan: Plan, { node, fit, pods: there }: Place): readonly Effect[] {
  const { set, hash } = plan;
  const staying = there.filter((pod) => !isPodTerminating(pod));
  const announce = { about: set, noun: "pod" };
  if (!fit.stay) return staying.map((pod) => remove(pods, pod, { announce }));
  const finished = staying.filter(({ status }) => /^(Failed|Succeeded)$/.test(status?.phase ?? ""));
  const living = staying.filter((pod) => !finished.includes(pod));
  const surplus = living.length > 1 && !surges(set) ? living.toSorted(olderFirst).slice(1) : [];
  const said = finished.map(({ metadata, status }) => {
    const failed = status.phase === "Failed";
    const what = `Found ${failed ? "failed" : "succeeded"} daemon pod ${metadata.namespace}/${metadata.name} on node ${node.metadata.name}, will try to ${failed ? "kill" : "delete"} it`;
    return event(
      set,
      failed ? "Warning" : "Normal",
      failed ? "FailedDaemonPod" : "SucceededDaemonPod",
      what,
    );
  });
  // While a rollout surges, an old pod stands beside its successor.
  const twins = surges(set) ? living.filter((pod) => isOf(pod, hash)).slice(1) : [];
  return [
    ...said,
    ...[...finished, ...surplus, ...twins].map((pod) => remove(pods, pod, { announce })),
  ];
}

function olderFirst(a: Pod, b: Pod): number {
  const [first, second] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? "");
  return (first ?? "") < (second ?? "") ? -1 : 1;
}

const generationAnnotation = "deprecated.daemonset.template.generation";

function daemonOn({ set, hash }: Pick<Plan, "set" | "hash">, node: string): Draft<Pod> {
  const pod = podFromTemplate(set.spec.template, set);
  const generation = set.metadata.annotations?.[generationAnnotation];
  const labels = {
    ...pod.metadata.labels,
    ...(generation === undefined ? {} : { "pod-template-generation": generation }),
    [revisionLabel]: hash,
  };
  const affinity = pinnedTo(pod.spec, node);
  const tolerations = daemonTolerations(pod.spec);
  return {
    ...pod,
    metadata: { ...pod.metadata, labels },
    spec: { ...pod.spec, affinity, tolerations },
  };
}

function roll(plan: Plan, now: Date): readonly Effect[] {
  const { set } = plan;
  if (set.spec.updateStrategy?.type === "OnDelete") return [];
  const { going, coming } = rolledPods(plan, now);
  const announce = { about: set, noun: "pod" };
  const { namespace = "" } = set.metadata;
  const drafts = coming.map((node) => daemonOn(plan, node));
  return [
    ...going.map((pod) => remove(pods, pod, { announce })),
    ...(drafts.length === 0 ? [] : [createMany(pods, namespace, drafts, { announce })]),
  ];
}

function statusOf({ set, hash, places }: Plan, now: Date): DaemonSetStatus {
  const count = (holds: (place: Place) => boolean): number => places.filter(holds).length;
  const minReady = set.spec.minReadySeconds ?? 0;
  const available = (pod: Pod): boolean => untilAvailable(pod, minReady, now) === 0;
  const wanted = places.filter(({ fit }) => fit.run);
  const on = (holds: (pod: Pod) => boolean): number =>
    wanted.filter(({ pods: there }) => there.some(holds)).length;
  const numberAvailable = on((pod) => !isPodTerminating(pod) && available(pod));
  const { collisionCount, conditions } = set.status ?? {};
  return {
    ...(conditions === undefined ? {} : { conditions }),
    ...(collisionCount === undefined ? {} : { collisionCount }),
    observedGeneration: set.metadata.generation,
    desiredNumberScheduled: wanted.length,
    currentNumberScheduled: on(() => true),
    numberMisscheduled: count(({ fit, pods: there }) => !fit.run && there.length > 0),
    numberReady: on(isPodReady),
    updatedNumberScheduled: on((pod) => isOf(pod, hash)),
    numberAvailable,
    numberUnavailable: wanted.length - numberAvailable,
  };
}

function writeStatus(set: DaemonSet, status: DaemonSetStatus): readonly Effect[] {
  const same = deepEqual(withoutZeros(status), withoutZeros(set.status));
  return same ? [] : [updateStatus(daemonsets, { ...set, status })];
}

/** The wire leaves out zero counts. */
function withoutZeros(status: DaemonSetStatus | undefined): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(status ?? {}).filter(([, value]) => value !== 0));
}

function wakeUp({ set, places }: Plan, now: Date): readonly Effect[] {
  const minReady = set.spec.minReadySeconds ?? 0;
  const waits = places
    .flatMap(({ pods: there }) => there.map((pod) => untilAvailable(pod, minReady, now) ?? 0))
    .filter((milliseconds) => milliseconds > 0);
  return waits.length === 0 ? [] : [requeueAfter(Math.min(...waits) / 1000)];
}
