/** Where a Pod may run: node affinity, and affinity to other Pods. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import {
  isDNS1123Label,
  isDNS1123Subdomain,
  isLabelValue,
  isQualifiedName,
} from "#apimachinery/validate.ts";
import type {
  Affinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinityTerm,
} from "#gen/api/core/v1.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";
import { type SelectorRules, validateLabelSelector } from "#resources/validate-selector.ts";

const required = "requiredDuringSchedulingIgnoredDuringExecution";
const preferred = "preferredDuringSchedulingIgnoredDuringExecution";

export function validateAffinity(
  checks: FieldChecks,
  affinity: Affinity | undefined,
  path: Path,
): void {
  const node = affinity?.nodeAffinity;
  const nodePath = path.child("nodeAffinity");
  if (node?.[required] !== undefined)
    nodeSelector(checks, node[required], nodePath.child(required));
  for (const [index, { weight, preference }] of (node?.[preferred] ?? []).entries()) {
    const here = nodePath.child(preferred).index(index);
    weightOf(checks, weight, here);
    nodeSelectorTerm(checks, preference, { path: here.child("preference"), strict: false });
  }
  for (const kind of ["podAffinity", "podAntiAffinity"] as const) {
    const pods = affinity?.[kind];
    const here = path.child(kind);
    for (const [index, term] of (pods?.[required] ?? []).entries())
      podAffinityTerm(checks, term, here.child(required).index(index));
    for (const [index, weighted] of (pods?.[preferred] ?? []).entries()) {
      const place = here.child(preferred).index(index);
      weightOf(checks, weighted.weight, place);
      podAffinityTerm(checks, weighted.podAffinityTerm, place.child("podAffinityTerm"));
    }
  }
}

function weightOf(checks: FieldChecks, weight: number, path: Path): void {
  if (weight <= 0 || weight > 100)
    checks.invalid(path.child("weight"), weight, "must be in the range 1-100");
}

export function nodeSelector(
  checks: FieldChecks,
  selector: NodeSelector,
  path: Path,
  { anyValues }: SelectorRules = { anyValues: false },
): void {
  const terms = selector.nodeSelectorTerms ?? [];
  const here = path.child("nodeSelectorTerms");
  if (terms.length === 0) checks.required(here, "must have at least one node selector term");
  for (const [index, term] of terms.entries())
    nodeSelectorTerm(checks, term, { path: here.index(index), strict: !anyValues });
}

/** A stored selector that already has a value which no label can have may keep it. */
export function hasAnyValues({ nodeSelectorTerms = [] }: NodeSelector): boolean {
  const requirements = nodeSelectorTerms.flatMap(({ matchExpressions = [] }) => matchExpressions);
  const values = requirements.flatMap(({ values = [] }) => values);
  return values.some((value) => isLabelValue(value).length > 0);
}

/** Values of a preference are not judged (`strict`): none that is wrong keeps a Pod from any node. */
function nodeSelectorTerm(
  checks: FieldChecks,
  { matchExpressions, matchFields }: NodeSelectorTerm,
  { path, strict }: { path: Path; strict: boolean },
): void {
  for (const [index, requirement] of (matchExpressions ?? []).entries())
    labelRequirement(checks, requirement, {
      path: path.child("matchExpressions").index(index),
      strict,
    });
  for (const [index, requirement] of (matchFields ?? []).entries())
    fieldRequirement(checks, requirement, path.child("matchFields").index(index));
}

function labelRequirement(
  checks: FieldChecks,
  { key = "", operator, values = [] }: NodeSelectorRequirement,
  { path, strict }: { path: Path; strict: boolean },
): void {
  const here = path.child("values");
  if (operator === "In" || operator === "NotIn") {
    if (values.length === 0)
      checks.required(here, "must be specified when `operator` is 'In' or 'NotIn'");
  } else if (operator === "Exists" || operator === "DoesNotExist") {
    if (values.length > 0)
      checks.forbidden(here, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'");
  } else if (operator === "Gt" || operator === "Lt") {
    if (values.length !== 1)
      checks.required(here, "must be specified single value when `operator` is 'Lt' or 'Gt'");
  } else checks.invalid(path.child("operator"), operator ?? "", "not a valid selector operator");
  checks.each(path.child("key"), key, isQualifiedName(key));
  if (!strict) return;
  for (const [index, value] of values.entries())
    checks.each(here.index(index), value, isLabelValue(value));
}

function fieldRequirement(
  checks: FieldChecks,
  { key, operator, values = [] }: NodeSelectorRequirement,
  path: Path,
): void {
  const here = path.child("values");
  if (operator !== "In" && operator !== "NotIn")
    checks.invalid(path.child("operator"), operator ?? "", "not a valid selector operator");
  else if (values.length !== 1)
    checks.required(
      here,
      "must be only one value when `operator` is 'In' or 'NotIn' for node field selector",
    );
  if (key !== "metadata.name") {
    checks.invalid(path.child("key"), key ?? "", "not a valid field selector key");
    return;
  }
  for (const [index, value] of values.entries())
    checks.each(here.index(index), value, isDNS1123Subdomain(value));
}

function podAffinityTerm(checks: FieldChecks, term: PodAffinityTerm, path: Path): void {
  const { labelSelector, namespaceSelector, namespaces, topologyKey = "" } = term;
  checks.add(validateLabelSelector(labelSelector, path.child("labelSelector")));
  checks.add(validateLabelSelector(namespaceSelector, path.child("namespaceSelector")));
  for (const name of namespaces ?? [])
    checks.each(path.child("namespace"), name, isDNS1123Label(name));
  labelKeys(checks, term, path);
  checks.present(path.child("topologyKey"), topologyKey, "can not be empty");
  checks.each(path.child("topologyKey"), topologyKey, isQualifiedName(topologyKey));
}

interface LabelKeys {
  readonly matchLabelKeys?: readonly string[] | undefined;
  readonly mismatchLabelKeys?: readonly string[] | undefined;
  readonly labelSelector?: LabelSelector | undefined;
}

/** Keys whose values the Pod's own labels give: none of them may stand in the selector too. */
export function labelKeys(checks: FieldChecks, keys: LabelKeys, path: Path): void {
  const { matchLabelKeys = [], mismatchLabelKeys = [], labelSelector } = keys;
  for (const field of ["matchLabelKeys", "mismatchLabelKeys"] as const) {
    const list = keys[field] ?? [];
    if (list.length > 0 && labelSelector === undefined)
      checks.forbidden(path.child(field), "must not be specified when labelSelector is not set");
    else
      for (const [index, key] of list.entries())
        checks.each(path.child(field).index(index), key, isQualifiedName(key));
  }
  // At creation the server adds one expression a key: only a second mention is the client's.
  const mentioned = new Set(Object.keys(labelSelector?.matchLabels ?? {}));
  for (const { key } of labelSelector?.matchExpressions ?? []) {
    const index = matchLabelKeys.lastIndexOf(key);
    if (index >= 0 && mentioned.has(key))
      checks.invalid(path.index(index), key, "exists in both matchLabelKeys and labelSelector");
    mentioned.add(key);
  }
  for (const [index, key] of matchLabelKeys.entries())
    if (mismatchLabelKeys.includes(key))
      checks.invalid(
        path.child("matchLabelKeys").index(index),
        key,
        "exists in both matchLabelKeys and mismatchLabelKeys",
      );
}
