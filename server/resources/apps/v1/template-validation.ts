/** What everything that makes Pods from a template has in common: a selector, and a template that it matches. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { matches, selectorFromLabelSelector } from "#apimachinery/labels.ts";
import { isPercent, negativeSentence } from "#apimachinery/validate.ts";
import type { PodTemplateSpec } from "#gen/api/core/v1.ts";
import type { LabelSelector } from "#gen/api/meta/v1.ts";
import { validatePodTemplate } from "#resources/core/v1/pod-spec/validate-pod-spec.ts";
import { isEmptySelector, validateLabelSelector } from "#resources/validate-selector.ts";

export const specPath = new Path("spec");

export interface Templated {
  readonly selector: LabelSelector | undefined;
  readonly template: PodTemplateSpec;
  /** As upstream's sentences name it. */
  readonly kind: string;
}

/** Errors of the selector; the template is judged only when the selector can be read. */
export function validateTemplated(
  checks: FieldChecks,
  { selector, template, kind }: Templated,
): void {
  const selectorPath = specPath.child("selector");
  const path = specPath.child("template");
  const faults = selectorFaults(selector, kind);
  if (selector === undefined) checks.required(selectorPath);
  checks.add(faults);
  const labels = template.metadata?.labels;
  if (faults.length > 0 && !isReadable(selector)) {
    checks.invalid(selectorPath, selector, "invalid label selector");
    return;
  }
  if (
    selector !== undefined &&
    !isEmptySelector(selector) &&
    !matches(selectorFromLabelSelector(selector), labels ?? {})
  )
    checks.invalid(
      path.child("metadata", "labels"),
      labels,
      "`selector` does not match template `labels`",
    );
  if (selector === undefined && !matches(selectorFromLabelSelector(selector), labels ?? {}))
    checks.invalid(
      path.child("metadata", "labels"),
      labels,
      "`selector` does not match template `labels`",
    );
  checks.add(validatePodTemplate(template, path));
  runsForEver(checks, template, { path, kind: templateKinds[kind] ?? kind });
}

/** As upstream names whose templates they are: a deployment's are those of its ReplicaSets. */
const templateKinds: Readonly<Record<string, string>> = {
  deployment: "ReplicaSet",
  statefulset: "StatefulSet",
};

function selectorFaults(selector: LabelSelector | undefined, kind: string): FieldError[] {
  const checks = new FieldChecks();
  checks.add(validateLabelSelector(selector, specPath.child("selector")));
  if (selector !== undefined && isEmptySelector(selector))
    checks.invalid(specPath.child("selector"), selector, `empty selector is invalid for ${kind}`);
  return checks.errors;
}

function isReadable(selector: LabelSelector | undefined): boolean {
  try {
    selectorFromLabelSelector(selector);
    return true;
  } catch {
    return false;
  }
}

/** Such Pods are replaced when they end: they do not end by themselves. */
export function runsForEver(
  checks: FieldChecks,
  { spec }: PodTemplateSpec,
  { path, kind }: { path: Path; kind: string },
): void {
  checks.oneOf(path.child("spec", "restartPolicy"), spec?.restartPolicy, ["Always"]);
  if (spec?.activeDeadlineSeconds !== undefined)
    checks.forbidden(
      path.child("spec", "activeDeadlineSeconds"),
      `activeDeadlineSeconds in ${kind} is not Supported`,
    );
}

/** A count, or a share of all. */
export function intOrPercent(
  checks: FieldChecks,
  path: Path,
  value: number | string | undefined,
): void {
  if (typeof value === "string") checks.each(path, value, isPercent(value));
  else if ((value ?? 0) < 0) checks.invalid(path, value, negativeSentence);
}

/** The number that it says, be it a count or a percentage. */
export function intOrPercentValue(value: number | string | undefined): number {
  if (typeof value !== "string") return value ?? 0;
  const isNumber = isPercent(value).length === 0 || /^[+-]?\d+$/.test(value);
  return isNumber ? Number.parseInt(value, 10) : 0;
}

export function atMostAll(
  checks: FieldChecks,
  path: Path,
  value: number | string | undefined,
): void {
  if (
    typeof value === "string" &&
    isPercent(value).length === 0 &&
    Number.parseInt(value, 10) > 100
  )
    checks.invalid(path, value, "must not be greater than 100%");
}
