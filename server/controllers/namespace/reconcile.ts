/** The end of a namespace: first its pods, then all other content, then itself. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { formatTime, parseTime } from "#apimachinery/time.ts";
import {
  deleteCollection,
  type Effect,
  remove,
  requeueAfter,
  updateStatus,
  updateSubresource,
} from "#controllers/effects.ts";
import { type Namespace, type NamespaceCondition, namespaces } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

/** The finalizer that stands for the content. */
const kubernetes = "kubernetes";

/** What a resource still has in the namespace. */
export interface Content {
  readonly ref: ResourceRef;
  readonly objects: readonly KubeObject[];
}

export interface Observed {
  readonly content: readonly Content[];
  /** Groups that could not be asked: their content may remain unseen, so nothing is finalized. */
  readonly undiscovered: readonly string[];
  /** Resources that could not be listed, with the reason. */
  readonly failures: readonly string[];
}

export function isEnding({ metadata, spec }: Namespace): boolean {
  return metadata.deletionTimestamp !== undefined && (spec.finalizers ?? []).includes(kubernetes);
}

export function reconcile(namespace: Namespace, observed: Observed, now: Date): readonly Effect[] {
  if (!isEnding(namespace)) return [];
  const remaining = observed.content.filter(({ objects }) => objects.length > 0);
  const unsure = observed.undiscovered.length + observed.failures.length > 0;
  const status = writeStatus(namespace, { ...observed, content: remaining }, now);
  if (remaining.length === 0 && !unsure) return finalize(namespace);
  const first = remaining.filter(({ ref }) => ref.group === "" && ref.plural === "pods");
  const deletes = (first.length > 0 ? first : remaining).flatMap((it) => deletesOf(namespace, it));
  return [...deletes, ...status, requeueAfter(untilNextLook(namespace, now))];
}

/** Only what is not already on its way out. */
function deletesOf(namespace: Namespace, { ref, objects }: Content): readonly Effect[] {
  const alive = objects.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  if (alive.length === 0) return [];
  if (ref.verbs.includes("deletecollection")) {
    return [deleteCollection(ref, { namespace: namespace.metadata.name })];
  }
  return alive.map((object) => remove(ref, object, { propagationPolicy: "Background" }));
}

function finalize(namespace: Namespace): readonly Effect[] {
  const finalizers = (namespace.spec.finalizers ?? []).filter((name) => name !== kubernetes);
  const spec = { ...namespace.spec, finalizers };
  return [updateSubresource(namespaces, "finalize", { ...namespace, spec })];
}

/** Often at first, when most content goes at once; rarely when something holds it up. */
function untilNextLook({ metadata }: Namespace, now: Date): number {
  const since = parseTime(metadata.deletionTimestamp ?? "") ?? now;
  const elapsed = (now.getTime() - since.getTime()) / 1000;
  return Math.min(15, Math.max(0.25, elapsed / 4));
}

function writeStatus(namespace: Namespace, observed: Observed, now: Date): readonly Effect[] {
  const old = namespace.status?.conditions ?? [];
  const conditions = conditionsOf(observed).map((next) => {
    const before = old.find(({ type }) => type === next.type);
    const same = before?.status === next.status;
    return {
      ...next,
      lastTransitionTime: (same ? before.lastTransitionTime : undefined) ?? formatTime(now),
    };
  });
  const own = new Set(conditions.map(({ type }) => type));
  const others = old.filter(({ type }) => !own.has(type));
  const status = {
    ...namespace.status,
    phase: "Terminating" as const,
    conditions: [...others, ...conditions],
  };
  if (deepEqual(status, namespace.status)) return [];
  return [updateStatus(namespaces, { ...namespace, status })];
}

function conditionsOf({
  content,
  undiscovered,
  failures,
}: Observed): readonly NamespaceCondition[] {
  return [
    condition("NamespaceDeletionDiscoveryFailure", undiscovered.length > 0, {
      yes: ["DiscoveryFailed", `Discovery failed for some groups: ${undiscovered.join(", ")}`],
      no: ["ResourcesDiscovered", "All resources successfully discovered"],
    }),
    condition("NamespaceDeletionGroupVersionParsingFailure", false, {
      yes: ["GroupVersionParsingFailed", ""],
      no: ["ParsedGroupVersions", "All legacy kube types successfully parsed"],
    }),
    condition("NamespaceDeletionContentFailure", failures.length > 0, {
      yes: ["ContentDeletionFailed", `Failed to delete all resource types: ${failures.join(", ")}`],
      no: ["ContentDeleted", "All content successfully deleted, may be waiting on finalization"],
    }),
    condition("NamespaceContentRemaining", content.length > 0, {
      yes: ["SomeResourcesRemain", `Some resources are remaining: ${remainingText(content)}`],
      no: ["ContentRemoved", "All content successfully removed"],
    }),
    finalizersCondition(content),
  ];
}

type Reason = readonly [reason: string, message: string];

function condition(
  type: string,
  holds: boolean,
  { yes, no }: { readonly yes: Reason; readonly no: Reason },
): NamespaceCondition {
  const [reason, message] = holds ? yes : no;
  return { type, status: holds ? "True" : "False", reason, message };
}

function remainingText(content: readonly Content[]): string {
  return content
    .map(
      ({ ref, objects }) => `${ref.plural}.${ref.group} has ${objects.length} resource instances`,
    )
    .sort()
    .join(", ");
}

function finalizersCondition(content: readonly Content[]): NamespaceCondition {
  const counts = new Map<string, number>();
  for (const { metadata } of content.flatMap(({ objects }) => objects)) {
    for (const name of metadata.finalizers ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const text = [...counts].map(([name, count]) => `${name} in ${count} resource instances`).sort();
  return condition("NamespaceFinalizersRemaining", counts.size > 0, {
    yes: [
      "SomeFinalizersRemain",
      `Some content in the namespace has finalizers remaining: ${text.join(", ")}`,
    ],
    no: ["ContentHasNoFinalizers", "All content-preserving finalizers finished"],
  });
}
