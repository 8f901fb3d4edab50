import type { MatchResources } from "#gen/api/admissionregistration/v1.ts";

/** Defaults of what a policy or its binding matches. */
export function defaultMatchResources(match: MatchResources): void {
  match.matchPolicy ??= "Equivalent";
  match.namespaceSelector ??= {};
  match.objectSelector ??= {};
  for (const rules of [match.resourceRules, match.excludeResourceRules])
    for (const rule of rules ?? []) rule.scope ??= "*";
}
