/** What an aggregated ClusterRole allows: the union of the rules of every role that it selects. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import type { ClusterRole, PolicyRule } from "#gen/api/rbac/v1.ts";

/**
 * Upstream's order: selector by selector, roles by name, each rule once. Selected roles may be aggregated
 * themselves: they count with their union, as upstream's controller reaches it in the end.
 */
export function aggregatedRules(
  role: ClusterRole,
  roles: readonly ClusterRole[],
): readonly PolicyRule[] {
  const ordered = [...roles].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return union(role, ordered, new Set());
}

function union(
  role: ClusterRole,
  ordered: readonly ClusterRole[],
  above: ReadonlySet<string>,
): readonly PolicyRule[] {
  const path = new Set([...above, role.metadata.name]);
  const rules = new Map<string, PolicyRule>();
  for (const labelSelector of role.aggregationRule?.clusterRoleSelectors ?? []) {
    const selector = selectorFromLabelSelector(labelSelector);
    for (const other of ordered) {
      if (path.has(other.metadata.name)) continue;
      if (!matches(selector, other.metadata.labels ?? {})) continue;
      const own = other.aggregationRule ? union(other, ordered, path) : (other.rules ?? []);
      for (const rule of own) {
        const key = JSON.stringify(rule);
        if (!rules.has(key)) rules.set(key, rule);
      }
    }
  }
  return [...rules.values()];
}

/** The role as its controller writes it; undefined: it stands so already, or is not aggregated. */
export function withAggregatedRules(
  role: ClusterRole,
  roles: readonly ClusterRole[],
): ClusterRole | undefined {
  if (!role.aggregationRule) return undefined;
  const rules = [...aggregatedRules(role, roles)];
  return deepEqual(rules, role.rules ?? []) ? undefined : { ...role, rules };
}
