/** What a quota's status should say: its bounds as the spec has them, and what is taken of each. */
import { addResourceLists, type ResourceList } from "#apimachinery/resource-list.ts";
import { type Effect, requeueAfter, updateStatus } from "#controllers/effects.ts";
import { type ResourceQuota, resourcequotas } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { equalAmounts, only } from "#resources/quota/amounts.ts";
import { inScopes } from "#resources/quota/scopes.ts";
import { concerns, usageOf } from "#resources/quota/usage.ts";

/** All objects of one kind in the quota's namespace. */
export interface Counted {
  readonly ref: ResourceRef;
  readonly objects: readonly KubeObject[];
  /** Deletions of this kind are heard of: what they free need not be looked for. */
  readonly isWatched: boolean;
}

/** How long what was freed of kinds that nobody watches may stay counted. */
const lookAgainSeconds = 5;

export function boundNames({ spec }: ResourceQuota): readonly string[] {
  return Object.keys(spec?.hard ?? {});
}

/** `counted` holds every kind that a bound is about; what is absent does not exist. */
export function reconcile(
  quota: ResourceQuota,
  counted: readonly Counted[],
  now: Date,
): readonly Effect[] {
  const names = boundNames(quota);
  let used: ResourceList = Object.fromEntries(names.map((name) => [name, "0"]));
  let unheard = false;
  for (const { ref, objects, isWatched } of counted) {
    const mine = names.filter((name) => concerns(ref, name));
    const held = objects.filter((object) => inScopes(quota, object));
    if (!isWatched && held.length > 0) unheard = true;
    for (const object of held) used = addResourceLists(used, only(usageOf(ref, object, now), mine));
  }
  const effects: Effect[] = unheard ? [requeueAfter(lookAgainSeconds)] : [];
  const { hard = {}, used: before = {} } = quota.status ?? {};
  const wanted = quota.spec?.hard ?? {};
  if (equalAmounts(hard, wanted) && equalAmounts(before, used)) return effects;
  const next = { ...quota, status: { hard: wanted, used: { ...used } } };
  return [updateStatus(resourcequotas, next), ...effects];
}
