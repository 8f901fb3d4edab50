/** What becomes of an object, given its owners and its dependents. */
import { type Effect, type PropagationPolicy, patch, remove } from "#controllers/effects.ts";
import { targetOf } from "#controllers/owner-references.ts";
import type { KubeObject, OwnerReference } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { foregroundFinalizer, type GraphNode, orphanFinalizer } from "./graph.ts";

/** solid: it lives. absent: there is none. waiting: it goes when its dependents have gone. */
export type OwnerState = "solid" | "absent" | "waiting";

export interface OwnerSeen {
  readonly reference: OwnerReference;
  readonly state: OwnerState;
}

export interface Dependent {
  readonly ref: ResourceRef;
  readonly object: KubeObject;
}

const mergePatch = "application/merge-patch+json";

export function reconcile(
  { ref, object }: Dependent,
  owners: readonly OwnerSeen[],
  node: Pick<GraphNode, "deletingDependents" | "dependents" | "uid">,
): readonly Effect[] {
  if (node.deletingDependents) return whenDependentsHaveGone({ ref, object }, node);
  if (owners.length === 0) return [];
  const solid = owners.filter(({ state }) => state === "solid");
  if (solid.length === owners.length) return [];
  if (solid.length > 0) return [disown({ ref, object }, solid)];
  const waiting = owners.some(({ state }) => state === "waiting");
  if (waiting && node.dependents.size > 0) {
    // Two that wait for each other would wait for ever: then this one no longer blocks its owners.
    const circle = [...node.dependents].some((dependent) => dependent.deletingDependents);
    const unblock = circle ? [unblockOwners({ ref, object })] : [];
    return [...unblock, remove(ref, object, { propagationPolicy: "Foreground" })];
  }
  const propagationPolicy = policyOf(object);
  return [remove(ref, object, { propagationPolicy, exactVersion: true })];
}

/** The finalizers that are there already say what the user wanted. */
function policyOf({ metadata }: KubeObject): PropagationPolicy {
  const finalizers = metadata.finalizers ?? [];
  if (finalizers.includes(orphanFinalizer)) return "Orphan";
  return finalizers.includes(foregroundFinalizer) ? "Foreground" : "Background";
}

function whenDependentsHaveGone(
  dependent: Dependent,
  { dependents, uid }: Pick<GraphNode, "dependents" | "uid">,
): readonly Effect[] {
  const blocked = [...dependents].some(({ owners }) =>
    owners.some((owner) => owner.uid === uid && owner.blockOwnerDeletion === true),
  );
  return blocked ? [] : removeFinalizer(dependent, foregroundFinalizer);
}

/** The resourceVersion makes it a compare-and-swap: a list is replaced as a whole. */
export function removeFinalizer({ ref, object }: Dependent, finalizer: string): readonly Effect[] {
  const { resourceVersion, finalizers = [] } = object.metadata;
  if (!finalizers.includes(finalizer)) return [];
  const kept = finalizers.filter((name) => name !== finalizer);
  const body = { metadata: { resourceVersion, finalizers: kept } };
  return [patch(ref, targetOf(object), body, mergePatch)];
}

function disown({ ref, object }: Dependent, solid: readonly OwnerSeen[]): Effect {
  const { uid, resourceVersion } = object.metadata;
  const ownerReferences = solid.map(({ reference }) => reference);
  const body = { metadata: { uid, resourceVersion, ownerReferences } };
  return patch(ref, targetOf(object), body, mergePatch);
}

function unblockOwners({ ref, object }: Dependent): Effect {
  const { uid, resourceVersion, ownerReferences = [] } = object.metadata;
  const free = ownerReferences.map((reference) => ({ ...reference, blockOwnerDeletion: false }));
  const body = { metadata: { uid, resourceVersion, ownerReferences: free } };
  return patch(ref, targetOf(object), body, mergePatch);
}

/** Every dependent lets go of the owner; then the owner may. */
export function orphan(owner: Dependent, dependents: readonly Dependent[]): readonly Effect[] {
  const { uid } = owner.object.metadata;
  const releases = dependents.flatMap((dependent) => {
    const { metadata } = dependent.object;
    const references = metadata.ownerReferences ?? [];
    const kept = references.filter((reference) => reference.uid !== uid);
    if (kept.length === references.length) return [];
    const state = "solid" as const;
    return [
      disown(
        dependent,
        kept.map((reference) => ({ reference, state })),
      ),
    ];
  });
  return [...releases, ...removeFinalizer(owner, orphanFinalizer)];
}
