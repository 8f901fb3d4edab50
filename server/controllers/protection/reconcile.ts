/** Storage objects that are in use go only when nobody uses them any more: a finalizer holds them until then. */
import { type Effect, update } from "#controllers/effects.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";

export interface Protected<T extends KubeObject> {
  readonly ref: ResourceRef<T>;
  readonly finalizer: string;
}

/** `isUsed` is asked only of objects that are to go. */
export function reconcile<T extends KubeObject>(
  object: T,
  { ref, finalizer }: Protected<T>,
  isUsed: () => boolean,
): readonly Effect[] {
  const { metadata } = object;
  const finalizers = metadata.finalizers ?? [];
  const held = finalizers.includes(finalizer);
  const going = metadata.deletionTimestamp !== undefined;
  if (going === held && going && !isUsed()) {
    const kept = finalizers.filter((name) => name !== finalizer);
    return [update(ref, { ...object, metadata: { ...metadata, finalizers: kept } })];
  }
  if (going || held) return [];
  const more = [...finalizers, finalizer];
  return [update(ref, { ...object, metadata: { ...metadata, finalizers: more } })];
}
