/** Validation of a LimitRange: types, names, and amounts that do not contradict each other. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { compareQuantity, parseQuantity, quantityMilli } from "#apimachinery/quantity.ts";
import { isQualifiedName } from "#apimachinery/validate.ts";
import type { LimitRange, LimitRangeItem } from "#gen/api/core/v1.ts";
import { containerResourceName, resourceName } from "./pod-spec/validate-resources.ts";
import { isOvercommitAllowed } from "./resource-names.ts";

const types = ["Container", "PersistentVolumeClaim", "Pod"];
const parts = ["max", "min", "default", "defaultRequest", "maxLimitRequestRatio"] as const;

export function validateLimitRange({ spec }: LimitRange): FieldError[] {
  const checks = new FieldChecks();
  const seen = new Set<string>();
  for (const [index, item] of (spec?.limits ?? []).entries()) {
    const path = new Path("spec.limits").index(index);
    const { type = "" } = item;
    validateType(checks, type, path.child("type"));
    if (seen.has(type)) checks.duplicate(path.child("type"), type);
    seen.add(type);
    validateNames(checks, item, path);
    validateAmounts(checks, item, path);
  }
  return checks.errors;
}

function validateType(checks: FieldChecks, type: string, path: Path): void {
  const faults = isQualifiedName(type);
  checks.each(path, type, faults);
  if (faults.length === 0 && !type.includes("/") && !types.includes(type))
    checks.invalid(path, type, "must be a standard limit type or fully qualified");
}

function validateNames(checks: FieldChecks, item: LimitRangeItem, path: Path): void {
  const ofContainers = item.type === "Pod" || item.type === "Container";
  for (const part of parts) {
    const names = Object.keys(item[part] ?? {});
    if (item.type === "Pod" && (part === "default" || part === "defaultRequest")) {
      if (names.length > 0)
        checks.forbidden(path.child(part), "may not be specified when `type` is 'Pod'");
      continue;
    }
    for (const name of names)
      (ofContainers ? containerResourceName : resourceName)(
        checks,
        path.child(part).key(name),
        name,
      );
  }
  const bounded = [item.min, item.max].some((list) => list?.["storage"] !== undefined);
  if (item.type === "PersistentVolumeClaim" && !bounded)
    checks.required(
      path.child("limits"),
      "either minimum or maximum storage value is required, but neither was provided",
    );
}

const above = (a: string | undefined, b: string | undefined): boolean =>
  a !== undefined && b !== undefined && compareQuantity(parseQuantity(a), parseQuantity(b)) > 0;

function validateAmounts(checks: FieldChecks, item: LimitRangeItem, path: Path): void {
  const defaults = item.type !== "Pod";
  const names = new Set(parts.flatMap((part) => Object.keys(item[part] ?? {})));
  for (const name of names) {
    const [min, max] = [item.min?.[name], item.max?.[name]];
    const limit = defaults ? item.default?.[name] : undefined;
    const request = defaults ? item.defaultRequest?.[name] : undefined;
    const rules = [
      ["min", min, max, "min value", "max value"],
      ["defaultRequest", min, request, "min value", "default request value"],
      ["defaultRequest", request, max, "default request value", "max value"],
      ["defaultRequest", request, limit, "default request value", "default limit value"],
      ["default", min, limit, "min value", "default value"],
      ["default", limit, max, "default value", "max value"],
    ] as const;
    for (const [part, low, high, lowName, highName] of rules)
      if (above(low, high))
        checks.invalid(
          path.child(part).key(name),
          low,
          `${lowName} ${low} is greater than ${highName} ${high}`,
        );
    validateRatio(checks, { ratio: item.maxLimitRequestRatio?.[name], min, max }, [path, name]);
    if (!isOvercommitAllowed(name) && (above(limit, request) || above(request, limit)))
      checks.invalid(
        path.child("defaultRequest").key(name),
        request,
        `default value ${limit} must equal to defaultRequest value ${request} in ${name}`,
      );
  }
}

interface Ratio {
  readonly ratio: string | undefined;
  readonly min: string | undefined;
  readonly max: string | undefined;
}

function validateRatio(
  checks: FieldChecks,
  { ratio, min, max }: Ratio,
  [path, name]: readonly [Path, string],
): void {
  if (ratio === undefined) return;
  const here = path.child("maxLimitRequestRatio").key(name);
  const value = Number(quantityMilli(ratio)) / 1000;
  if (value < 1) checks.invalid(here, ratio, `ratio ${ratio} is less than 1`);
  if (min === undefined || max === undefined) return;
  const bound = Number(quantityMilli(max)) / Number(quantityMilli(min));
  if (value > bound)
    checks.invalid(here, ratio, `ratio ${ratio} is greater than max/min = ${bound.toFixed(6)}`);
}
