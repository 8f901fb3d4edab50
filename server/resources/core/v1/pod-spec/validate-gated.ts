/** A Pod that waits at a gate may still be narrowed: more node selectors, more expressions in each term. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import type { Affinity, NodeAffinity, NodeSelectorTerm, PodSpec } from "#gen/api/core/v1.ts";

const required = "requiredDuringSchedulingIgnoredDuringExecution";
const specPath = new Path("spec");

/** The spec with the old values where the gate lets them change; what narrows nothing is reported. */
export function gatedSpec(checks: FieldChecks, spec: PodSpec, old: PodSpec): PodSpec {
  if ((old.schedulingGates ?? []).length === 0) return spec;
  const selectors = Object.entries(old.nodeSelector ?? {});
  if (!selectors.every(([key, value]) => spec.nodeSelector?.[key] === value))
    checks.invalid(
      specPath.child("nodeSelector"),
      spec.nodeSelector,
      "only additions to spec.nodeSelector are allowed (no mutations or deletions)",
    );
  narrowedAffinity(checks, spec.affinity?.nodeAffinity, old.affinity?.nodeAffinity);
  return {
    ...spec,
    nodeSelector: old.nodeSelector,
    affinity: withNodeAffinity(spec.affinity, old.affinity),
  };
}

function withNodeAffinity(
  affinity: Affinity | undefined,
  old: Affinity | undefined,
): Affinity | undefined {
  const { nodeAffinity: _, ...pods } = affinity ?? {};
  const rest = Object.values(pods).some((value) => value !== undefined);
  if (old?.nodeAffinity !== undefined) return { ...pods, nodeAffinity: old.nodeAffinity };
  return rest || old !== undefined ? pods : undefined;
}

function narrowedAffinity(
  checks: FieldChecks,
  now: NodeAffinity | undefined,
  old: NodeAffinity | undefined,
): void {
  const before = old?.[required]?.nodeSelectorTerms ?? [];
  if (before.length === 0) return;
  const terms = now?.[required]?.nodeSelectorTerms ?? [];
  const path = specPath.child("affinity", "nodeAffinity", required, "nodeSelectorTerms");
  if (terms.length !== before.length) {
    checks.invalid(
      path,
      terms,
      "no additions/deletions to non-empty NodeSelectorTerms list are allowed",
    );
    return;
  }
  for (const [index, term] of before.entries())
    if (!onlyAdded(terms[index] ?? {}, term))
      checks.invalid(
        path.index(index),
        terms[index],
        "only additions are allowed (no mutations or deletions)",
      );
}

function onlyAdded(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const lists = ["matchExpressions", "matchFields"] as const;
  const wasEmpty = lists.every((list) => (old[list] ?? []).length === 0);
  // An empty term matches nothing: adding to it would widen.
  if (wasEmpty) return lists.every((list) => (term[list] ?? []).length === 0);
  return lists.every((list) => {
    const before = old[list] ?? [];
    return deepEqual((term[list] ?? []).slice(0, before.length), before);
  });
}
