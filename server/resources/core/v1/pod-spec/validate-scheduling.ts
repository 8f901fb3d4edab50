/** Tolerations, topology spread and gates. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { isLabelValue, isQualifiedName } from "#apimachinery/validate.ts";
import type { PodSchedulingGate, Toleration, TopologySpreadConstraint } from "#gen/api/core/v1.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";
import { labelKeys } from "./validate-affinity.ts";

export const taintEffects: readonly string[] = ["NoSchedule", "PreferNoSchedule", "NoExecute"];

/** Those that compare numbers belong to a feature that upstream has off. */
const operators: readonly string[] = ["Equal", "Exists"];

export function validateTolerations(
  checks: FieldChecks,
  tolerations: readonly Toleration[],
  path: Path,
): void {
  for (const [index, toleration] of tolerations.entries()) {
    const here = path.index(index);
    const { key = "", operator = "", value = "", effect = "", tolerationSeconds } = toleration;
    if (key !== "") checks.each(here.child("key"), key, isQualifiedName(key));
    if (key === "" && operator !== "Exists")
      checks.invalid(
        here.child("operator"),
        operator,
        'operator must be Exists when `key` is empty, which means "match all values and all keys"',
      );
    if (tolerationSeconds !== undefined && effect !== "NoExecute")
      checks.invalid(
        here.child("effect"),
        effect,
        "effect must be 'NoExecute' when `tolerationSeconds` is set",
      );
    if (operator === "" || operators.includes(operator))
      tolerationValue(checks, { operator, value }, here);
    else checks.oneOf(here.child("operator"), operator, operators);
    if (effect !== "") checks.oneOf(here.child("effect"), effect, taintEffects, "as given");
  }
}

function tolerationValue(
  checks: FieldChecks,
  { operator, value }: { operator: string; value: string },
  path: Path,
): void {
  switch (operator) {
    case "":
    case "Equal": {
      const sentences = isLabelValue(value);
      if (sentences.length > 0) checks.invalid(path.child("operator"), value, sentences.join(";"));
      break;
    }
    case "Exists":
      if (value !== "")
        checks.invalid(
          path.child("operator"),
          value,
          "value must be empty when `operator` is 'Exists'",
        );
      break;
  }
}

const pairOf = ({ topologyKey, whenUnsatisfiable }: TopologySpreadConstraint): string =>
  JSON.stringify([topologyKey, whenUnsatisfiable]);

export function validateTopologySpread(
  checks: FieldChecks,
  constraints: readonly TopologySpreadConstraint[],
  path: Path,
): void {
  // The last of each pair: whoever stands before it is named again.
  const last = new Map(constraints.map((constraint, index) => [pairOf(constraint), index]));
  for (const [index, constraint] of constraints.entries()) {
    const here = path.index(index);
    const { maxSkew, topologyKey, whenUnsatisfiable, minDomains, labelSelector } = constraint;
    checks.positive(here.child("maxSkew"), maxSkew);
    checks.present(here.child("topologyKey"), topologyKey, "can not be empty");
    checks.oneOf(here.child("whenUnsatisfiable"), whenUnsatisfiable, [
      "DoNotSchedule",
      "ScheduleAnyway",
    ]);
    if (last.get(pairOf(constraint)) !== index)
      checks.duplicate(
        here.child("{topologyKey, whenUnsatisfiable}"),
        `{${topologyKey}, ${whenUnsatisfiable}}`,
      );
    if (minDomains !== undefined) {
      checks.positive(here.child("minDomains"), minDomains);
      if (whenUnsatisfiable !== "DoNotSchedule")
        checks.invalid(
          here.child("minDomains"),
          minDomains,
          `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
        );
    }
    for (const field of ["nodeAffinityPolicy", "nodeTaintsPolicy"] as const)
      if (constraint[field] !== undefined)
        checks.oneOf(here.child(field), constraint[field], ["Honor", "Ignore"]);
    labelKeys(checks, constraint, here);
    checks.add(validateLabelSelector(labelSelector, here.child("labelSelector")));
  }
}

export function validateSchedulingGates(
  checks: FieldChecks,
  gates: readonly PodSchedulingGate[],
  path: Path,
): void {
  const seen = new Set<string>();
  for (const [index, { name = "" }] of gates.entries()) {
    checks.each(path.index(index), name, isQualifiedName(name));
    if (seen.has(name)) checks.duplicate(path.index(index), name);
    seen.add(name);
  }
}
