/** Validation of a ResourceQuota: names, amounts, scopes. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, immutableSentence, Path } from "#apimachinery/field-error.ts";
import type { ResourceQuota, ResourceQuotaSpec } from "#gen/api/core/v1.ts";
import { resourceAmount, resourceName } from "./pod-spec/validate-resources.ts";
import { isStandardQuotaResource } from "./resource-names.ts";

const specPath = new Path("spec");
const statusPath = new Path("status");

const podCounts = ["pods"];
const podResources = [
  ...podCounts,
  "cpu",
  "memory",
  "limits.cpu",
  "limits.memory",
  "requests.cpu",
  "requests.memory",
];

/** What each scope can bound. */
const boundBy: Readonly<Record<string, readonly string[]>> = {
  Terminating: podResources,
  NotTerminating: podResources,
  NotBestEffort: podResources,
  PriorityClass: podResources,
  CrossNamespacePodAffinity: podResources,
  BestEffort: podCounts,
  VolumeAttributesClass: ["persistentvolumeclaims", "requests.storage"],
};
/** Scopes that a Pod has or has not: nothing to compare. */
const plainScopes = [
  "BestEffort",
  "NotBestEffort",
  "Terminating",
  "NotTerminating",
  "CrossNamespacePodAffinity",
];
const contraries = [
  ["BestEffort", "NotBestEffort"],
  ["Terminating", "NotTerminating"],
];

function validateAmounts(
  checks: FieldChecks,
  list: Readonly<Record<string, string>> | undefined,
  path: Path,
): void {
  for (const [name, amount] of Object.entries(list ?? {})) {
    const here = path.key(name);
    resourceName(checks, here, name);
    if (!name.includes("/") && !isStandardQuotaResource(name))
      checks.invalid(here, name, "must be a standard resource for quota");
    checks.add(resourceAmount(here, name, amount));
  }
}

export function validateResourceQuota({ spec = {} }: ResourceQuota): FieldError[] {
  const checks = new FieldChecks();
  validateAmounts(checks, spec.hard, specPath.child("hard"));
  const { scopes = [], scopeSelector } = spec;
  const scopesPath = specPath.child("scopes");
  for (const scope of scopes) {
    if (boundBy[scope] === undefined) checks.invalid(scopesPath, scopes, "unsupported scope");
    unbound(checks, spec, { scope, path: scopesPath, shown: scopes });
  }
  conflicting(checks, scopes, { path: scopesPath, shown: scopes });
  if (scopeSelector !== undefined) validateSelector(checks, spec);
  return checks.errors;
}

interface Shown {
  readonly path: Path;
  readonly shown: unknown;
}

function unbound(
  checks: FieldChecks,
  { hard = {} }: ResourceQuotaSpec,
  { scope, path, shown }: Shown & { readonly scope: string },
): void {
  const bound = boundBy[scope];
  if (bound === undefined) return;
  for (const name of Object.keys(hard))
    if (isStandardQuotaResource(name) && !bound.includes(name))
      checks.invalid(path, shown, "unsupported scope applied to resource");
}

function conflicting(checks: FieldChecks, scopes: readonly string[], { path, shown }: Shown): void {
  for (const pair of contraries)
    if (pair.every((scope) => scopes.includes(scope)))
      checks.invalid(path, shown, "conflicting scopes");
}

function validateSelector(checks: FieldChecks, spec: ResourceQuotaSpec): void {
  const { scopeSelector, scopes } = spec;
  const path = specPath.child("scopeSelector", "matchExpressions");
  const expressions = scopeSelector?.matchExpressions ?? [];
  for (const { scopeName: scope = "", operator = "", values = [] } of expressions) {
    if (boundBy[scope] === undefined)
      checks.invalid(path.child("scopeName"), scope, "unsupported scope");
    unbound(checks, spec, { scope, path, shown: scopeSelector });
    if (plainScopes.includes(scope) && operator !== "Exists")
      checks.invalid(
        path.child("operator"),
        operator,
        "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity",
      );
    const valuesPath = path.child("values");
    if (operator === "In" || operator === "NotIn") {
      if (values.length === 0)
        checks.required(
          valuesPath,
          "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
        );
    } else if (operator === "Exists" || operator === "DoesNotExist") {
      if (values.length > 0)
        checks.invalid(
          valuesPath,
          values,
          "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
        );
    } else checks.invalid(path.child("operator"), operator, "not a valid selector operator");
  }
  const named = expressions.map(({ scopeName }) => scopeName ?? "");
  conflicting(checks, named, { path, shown: scopes });
}

export function validateResourceQuotaUpdate(
  quota: ResourceQuota,
  old: ResourceQuota,
): FieldError[] {
  const checks = new FieldChecks();
  checks.add(validateResourceQuota(quota));
  const [now, before] = [new Set(quota.spec?.scopes), new Set(old.spec?.scopes)];
  if (now.size !== before.size || [...now].some((scope) => !before.has(scope)))
    checks.invalid(specPath.child("scopes"), quota.spec?.scopes, immutableSentence);
  return checks.errors;
}

export function validateResourceQuotaStatus({ status }: ResourceQuota): FieldError[] {
  const checks = new FieldChecks();
  validateAmounts(checks, status?.hard, statusPath.child("hard"));
  validateAmounts(checks, status?.used, statusPath.child("used"));
  return checks.errors;
}
