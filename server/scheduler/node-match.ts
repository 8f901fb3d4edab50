/** Does one node meet a pod's nodeSelector and required node affinity? For single questions, off the hot path. */
import type { NodeSelector, NodeSelectorTerm, PodSpec } from "#gen/api/core/v1.ts";
import type { NodeFacts } from "./node-facts.ts";
import { compares, type Expression } from "./node-filter.ts";

function holds({ key, operator, values = [] }: Expression, value: string | undefined): boolean {
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
    default:
      return key !== "" && values.length === 1 && compares(operator, value, values[0]);
  }
}

/** A term that says nothing matches nothing. */
function meetsTerm({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm, node: NodeFacts) {
  if (matchExpressions.length + matchFields.length === 0) return false;
  return (
    matchExpressions.every((one) => holds(one, node.labels[one.key])) &&
    matchFields.every((one) => holds(one, one.key === "metadata.name" ? node.name : undefined))
  );
}

export function matchesSelector({ nodeSelectorTerms }: NodeSelector, node: NodeFacts): boolean {
  return nodeSelectorTerms.some((term) => meetsTerm(term, node));
}

export function matchesNode(spec: PodSpec, node: NodeFacts): boolean {
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  for (const [key, value] of Object.entries(spec.nodeSelector ?? {})) {
    if (node.labels[key] !== value) return false;
  }
  return required === undefined || matchesSelector(required, node);
}
