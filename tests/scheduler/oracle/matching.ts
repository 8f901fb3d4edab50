/** Selectors, tolerations and node affinity, read straight off upstream's rules. */
import type { Node, Pod, Taint, Toleration } from "#gen/api/core/v1.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";
import type { Labels } from "./cluster.ts";

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

export function expressionMatches({ key, operator, values }: Expression, labels: Labels): boolean {
  const value = labels?.[key];
  const list = values ?? [];
  if (operator === "In") return value !== undefined && list.includes(value);
  if (operator === "NotIn") return value === undefined || !list.includes(value);
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  if (value === undefined || !/^[+-]?\d+$/.test(value) || list.length !== 1) return false;
  if (operator === "Gt") return BigInt(value) > BigInt(list[0] ?? "");
  return BigInt(value) < BigInt(list[0] ?? "");
}

/** No selector matches nothing; an empty one matches everything. */
export function selectorMatches(selector: LabelSelector | undefined, labels: Labels): boolean {
  if (selector === undefined) return false;
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    if (labels?.[key] !== value) return false;
  }
  return (selector.matchExpressions ?? []).every((e) => expressionMatches(e, labels));
}

export function tolerates(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (!toleration.key && toleration.operator !== "Exists") return false;
  if (toleration.operator === "Exists") return true;
  return (toleration.value ?? "") === (taint.value ?? "");
}

export function untoleratedHardTaint(pod: Pod, node: Node): Taint | undefined {
  return (node.spec.taints ?? []).find(
    (taint) =>
      taint.effect !== "PreferNoSchedule" &&
      !(pod.spec.tolerations ?? []).some((toleration) => tolerates(toleration, taint)),
  );
}

interface Term {
  readonly matchExpressions?: readonly Expression[] | undefined;
  readonly matchFields?: readonly Expression[] | undefined;
}

export function nodeTermMatches(term: Term, node: Node): boolean {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length + fields.length === 0) return false;
  return (
    expressions.every((e) => expressionMatches(e, node.metadata.labels)) &&
    fields.every((e) => expressionMatches(e, { "metadata.name": node.metadata.name }))
  );
}

/** nodeSelector AND (any required term). */
export function requiredNodeAffinityMatches(pod: Pod, node: Node): boolean {
  for (const [key, value] of Object.entries(pod.spec.nodeSelector ?? {})) {
    if (node.metadata.labels?.[key] !== value) return false;
  }
  const required = pod.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return true;
  return required.nodeSelectorTerms.some((term) => nodeTermMatches(term, node));
}
