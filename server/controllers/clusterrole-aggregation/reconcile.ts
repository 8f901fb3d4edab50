/** A ClusterRole with an aggregationRule holds the rules of all that the rule selects. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { type Effect, update } from "#controllers/effects.ts";
import { type ClusterRole, clusterroles, type PolicyRule } from "#gen/api/rbac/v1.ts";

export function reconcile(role: ClusterRole, all: readonly ClusterRole[]): readonly Effect[] {
  const selectors = role.aggregationRule?.clusterRoleSelectors?.map(selectorFromLabelSelector);
  if (selectors === undefined) return [];
  const parts = all
    .filter(({ metadata }) => metadata.name !== role.metadata.name)
    .filter(({ metadata }) => selectors.some((selector) => matches(selector, metadata.labels)))
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  const rules: PolicyRule[] = [];
  for (const rule of parts.flatMap((part) => part.rules ?? [])) {
    if (!rules.some((known) => deepEqual(known, rule))) rules.push(rule);
  }
  if (deepEqual(rules, role.rules ?? [])) return [];
  return [update(clusterroles, { ...role, rules })];
}
