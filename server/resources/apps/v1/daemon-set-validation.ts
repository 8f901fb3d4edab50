import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, notSupported, type Path, required } from "#apimachinery/field-error.ts";
import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import type { DaemonSet, DaemonSetUpdateStrategy } from "#gen/api/apps/v1.ts";
import { validatePodTemplate } from "#resources/core/v1/pod-spec/validate-pod-spec.ts";
import { isEmptySelector, validateLabelSelector } from "#resources/validate-selector.ts";
import { checkCollisionCount } from "./collision-count.ts";
import { validateReplicaCounts } from "./replica-counts.ts";
import {
  atMostAll,
  intOrPercent,
  intOrPercentValue,
  runsForEver,
  specPath,
} from "./template-validation.ts";

export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  const checks = new FieldChecks();
  const { selector, template } = spec;
  const faults = validateLabelSelector(selector, specPath.child("selector"));
  checks.add(faults);
  const labels = template.metadata?.labels;
  const path = specPath.child("template");
  if (faults.length === 0 && !matches(selectorFromLabelSelector(selector), labels ?? {}))
    checks.invalid(
      path.child("metadata", "labels"),
      labels,
      "`selector` does not match template `labels`",
    );
  if (selector !== undefined && isEmptySelector(selector))
    checks.invalid(specPath.child("selector"), selector, "empty selector is invalid for daemonset");
  checks.add(validatePodTemplate(template, path));
  runsForEver(checks, template, { path, kind: "DaemonSet" });
  checks.notNegative(specPath.child("minReadySeconds"), spec.minReadySeconds);
  validateStrategy(checks, spec.updateStrategy ?? {}, specPath.child("updateStrategy"));
  checks.notNegative(specPath.child("revisionHistoryLimit"), spec.revisionHistoryLimit);
  return checks.errors;
}

function validateStrategy(
  checks: FieldChecks,
  strategy: DaemonSetUpdateStrategy,
  path: Path,
): void {
  const { type, rollingUpdate } = strategy;
  if (type !== "RollingUpdate" && type !== "OnDelete")
    checks.add([notSupported(path, strategy, ["RollingUpdate", "OnDelete"], "as given")]);
  if (type !== "RollingUpdate") return;
  const here = path.child("rollingUpdate");
  const { maxUnavailable, maxSurge } = rollingUpdate ?? {};
  for (const [field, value] of [
    ["maxUnavailable", maxUnavailable],
    ["maxSurge", maxSurge],
  ] as const) {
    intOrPercent(checks, here.child(field), value);
    atMostAll(checks, here.child(field), value);
  }
  const unavailable = intOrPercentValue(maxUnavailable) !== 0;
  const surge = intOrPercentValue(maxSurge) !== 0;
  if (unavailable && surge)
    checks.invalid(
      here.child("maxSurge"),
      maxSurge,
      "may not be set when maxUnavailable is non-zero",
    );
  if (!unavailable && !surge)
    checks.add([required(here.child("maxUnavailable"), "cannot be 0 when maxSurge is 0")]);
}

export function validateDaemonSetUpdate(daemonSet: DaemonSet, old: DaemonSet): FieldError[] {
  return [
    ...validateImmutable(daemonSet.spec.selector, old.spec.selector, specPath.child("selector")),
    ...validateDaemonSet(daemonSet),
  ];
}

export function validateDaemonSetStatus({ status }: DaemonSet, old: DaemonSet): FieldError[] {
  const checks = validateReplicaCounts(status ?? {}, []);
  checkCollisionCount(checks, status, old.status);
  return checks.errors;
}
