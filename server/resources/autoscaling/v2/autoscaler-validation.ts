/** Validation of a HorizontalPodAutoscaler in its stored form. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { quantitySign } from "#apimachinery/quantity.ts";
import { isPathSegmentName } from "#apimachinery/validate.ts";
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HPAScalingRules,
} from "#gen/api/autoscaling/v2.ts";
import { type ReferenceRules, validateMetrics } from "./metric-validation.ts";

const specPath = new Path("spec");
const statusPath = new Path("status");
const periodSecondsMax = 1800;
const stabilizationSecondsMax = 3600;

interface Rules {
  readonly target: ReferenceRules;
  readonly described: ReferenceRules;
}

export function validateAutoscaler(autoscaler: HorizontalPodAutoscaler): FieldError[] {
  return validateSpec(autoscaler, {
    target: { anyVersion: false, coreGroup: false },
    described: { anyVersion: false, coreGroup: true },
  });
}

/** References that were accepted once stay acceptable. */
export function validateAutoscalerUpdate(
  autoscaler: HorizontalPodAutoscaler,
  old: HorizontalPodAutoscaler,
): FieldError[] {
  const strict = { anyVersion: false, coreGroup: false };
  const described = (old.spec.metrics ?? []).flatMap(({ object }) =>
    object === undefined ? [] : [object.describedObject],
  );
  const target = old.spec.scaleTargetRef ?? {};
  return validateSpec(autoscaler, {
    target: {
      anyVersion: versionFault(target, { ...strict, coreGroup: true }) !== undefined,
      coreGroup: versionFault(target, strict) !== undefined,
    },
    described: {
      anyVersion: described.some(
        (one) => versionFault(one ?? {}, { ...strict, coreGroup: true }) !== undefined,
      ),
      coreGroup: true,
    },
  });
}

function versionFault(
  { apiVersion = "" }: Partial<CrossVersionObjectReference>,
  { anyVersion, coreGroup }: ReferenceRules,
): string | undefined {
  if (anyVersion) return undefined;
  const parts = apiVersion === "/" ? [""] : apiVersion.split("/");
  if (parts.length > 2) return `unexpected GroupVersion string: ${apiVersion}`;
  const isCore = parts.length < 2 || parts[0] === "";
  return isCore && !coreGroup ? "apiVersion must specify API group" : undefined;
}

function validateReference(
  checks: FieldChecks,
  reference: Partial<CrossVersionObjectReference>,
  { path, rules }: { readonly path: Path; readonly rules: ReferenceRules },
): void {
  for (const field of ["kind", "name"] as const) {
    const value = reference[field];
    if (checks.present(path.child(field), value))
      checks.each(path.child(field), value, isPathSegmentName(value ?? ""));
  }
  const fault = versionFault(reference, rules);
  if (fault !== undefined)
    checks.invalid(path.child("apiVersion"), reference.apiVersion ?? "", fault);
}

function validateSpec({ spec }: HorizontalPodAutoscaler, rules: Rules): FieldError[] {
  const checks = new FieldChecks();
  const { minReplicas, maxReplicas = 0, metrics = [], behavior } = spec;
  const maxPath = specPath.child("maxReplicas");
  checks.declared.notNegative(specPath.child("minReplicas"), minReplicas);
  if (maxReplicas === 0) checks.declared.required(maxPath);
  else if (maxReplicas < 0)
    checks.declared.invalid(maxPath, maxReplicas, "must be greater than or equal to 1");
  if (minReplicas !== undefined && maxReplicas < minReplicas)
    checks.invalid(maxPath, maxReplicas, "must be greater than or equal to `minReplicas`");
  validateReference(checks, spec.scaleTargetRef ?? {}, {
    path: specPath.child("scaleTargetRef"),
    rules: rules.target,
  });
  const metricsPath = specPath.child("metrics");
  validateMetrics(checks, metrics, {
    path: metricsPath,
    reference: (path, reference) =>
      validateReference(checks, reference, { path, rules: rules.described }),
  });
  const fromOutside = metrics.some(({ type }) => type === "Object" || type === "External");
  if (minReplicas === 0 && !fromOutside)
    checks.forbidden(
      metricsPath,
      "must specify at least one Object or External metric to support scaling to zero replicas",
    );
  for (const way of ["scaleUp", "scaleDown"] as const)
    validateRules(checks, behavior?.[way], specPath.child("behavior", way));
  return checks.errors;
}

function validateRules(checks: FieldChecks, rules: HPAScalingRules | undefined, path: Path): void {
  if (rules === undefined) return;
  const { stabilizationWindowSeconds: window = 0, selectPolicy, policies = [], tolerance } = rules;
  const windowPath = path.child("stabilizationWindowSeconds");
  if (window < 0) checks.invalid(windowPath, window, "must be greater than or equal to zero");
  if (window > stabilizationSecondsMax)
    checks.invalid(windowPath, window, `must be less than or equal to ${stabilizationSecondsMax}`);
  if (selectPolicy !== undefined)
    checks.oneOf(path.child("selectPolicy"), selectPolicy, ["Disabled", "Max", "Min"]);
  const policiesPath = path.child("policies");
  if (policies.length === 0) checks.required(policiesPath, "must specify at least one Policy");
  for (const [index, { type, value = 0, periodSeconds = 0 }] of policies.entries()) {
    const here = policiesPath.index(index);
    checks.oneOf(here.child("type"), type, ["Percent", "Pods"]);
    checks.positive(here.child("value"), value);
    checks.positive(here.child("periodSeconds"), periodSeconds);
    if (periodSeconds > periodSecondsMax)
      checks.invalid(
        here.child("periodSeconds"),
        periodSeconds,
        `must be less than or equal to ${periodSecondsMax}`,
      );
  }
  if (tolerance !== undefined && quantitySign(tolerance) < 0)
    checks.notNegativeQuantity(path.child("tolerance"), tolerance);
}

export function validateAutoscalerStatus({ status }: HorizontalPodAutoscaler): FieldError[] {
  const checks = new FieldChecks();
  for (const [index, { observedGeneration }] of (status?.conditions ?? []).entries())
    checks.notNegative(
      statusPath.child("conditions").index(index).child("observedGeneration"),
      observedGeneration,
    );
  checks.notNegative(statusPath.child("currentReplicas"), status?.currentReplicas);
  checks.notNegative(statusPath.child("desiredReplicas"), status?.desiredReplicas);
  return checks.errors;
}
