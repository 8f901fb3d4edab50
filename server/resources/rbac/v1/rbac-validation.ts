/** Validation of roles and bindings. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import {
  isDNS1123Subdomain,
  isPathSegmentName,
  validateImmutable,
} from "#apimachinery/validate.ts";
import type { AggregationRule, PolicyRule, RoleRef, Subject } from "#gen/api/rbac/v1.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";
import { rbacGroup } from "./subjects.ts";

export function validateRules(
  rules: readonly PolicyRule[] | undefined,
  namespaced: boolean,
): FieldError[] {
  const checks = new FieldChecks();
  for (const [index, rule] of (rules ?? []).entries()) {
    const path = new Path("rules").index(index);
    const {
      verbs = [],
      nonResourceURLs = [],
      apiGroups = [],
      resources = [],
      resourceNames = [],
    } = rule;
    if (verbs.length === 0) checks.declared.required(path.child("verbs"));
    if (nonResourceURLs.length > 0) {
      const here = path.child("nonResourceURLs");
      if (namespaced)
        checks.invalid(here, nonResourceURLs, "namespaced rules cannot apply to non-resource URLs");
      if (apiGroups.length + resources.length + resourceNames.length > 0)
        checks.invalid(
          here,
          nonResourceURLs,
          "rules cannot apply to both regular resources and non-resource URLs",
        );
      continue;
    }
    if (apiGroups.length === 0)
      checks.required(path.child("apiGroups"), "resource rules must supply at least one api group");
    if (resources.length === 0)
      checks.required(path.child("resources"), "resource rules must supply at least one resource");
  }
  return checks.errors;
}

export function validateAggregation(rule: AggregationRule | undefined): FieldError[] {
  const checks = new FieldChecks();
  const path = new Path("aggregationRule.clusterRoleSelectors");
  const selectors = rule?.clusterRoleSelectors ?? [];
  if (rule !== undefined && selectors.length === 0)
    checks.required(
      path,
      "at least one clusterRoleSelector required if aggregationRule is non-nil",
    );
  for (const [index, selector] of selectors.entries()) {
    const faults = validateLabelSelector(selector, path.index(index));
    checks.add(faults);
    if (faults.length > 0) checks.invalid(path.index(index), null, "invalid label selector.");
  }
  return checks.errors;
}

interface Binding {
  readonly roleRef: RoleRef;
  readonly subjects?: readonly Subject[] | undefined;
}

export function validateBinding({ roleRef, subjects }: Binding, namespaced: boolean): FieldError[] {
  const checks = new FieldChecks();
  const path = new Path("roleRef");
  const { apiGroup, kind, name } = roleRef ?? {};
  checks.oneOf(path.child("apiGroup"), apiGroup, [rbacGroup]);
  checks.oneOf(
    path.child("kind"),
    kind,
    namespaced ? ["Role", "ClusterRole"] : ["ClusterRole"],
    "as given",
  );
  if (checks.declared.present(path.child("name"), name))
    checks.each(path.child("name"), name, isPathSegmentName(name));
  for (const [index, subject] of (subjects ?? []).entries())
    validateSubject(checks, subject, { path: new Path("subjects").index(index), namespaced });
  return checks.errors;
}

function validateSubject(
  checks: FieldChecks,
  { kind, name = "", namespace = "", apiGroup = "" }: Subject,
  { path, namespaced }: { path: Path; namespaced: boolean },
): void {
  checks.declared.present(path.child("name"), name);
  if (kind === "User" || kind === "Group") {
    checks.oneOf(path.child("apiGroup"), apiGroup, [rbacGroup]);
    return;
  }
  if (kind !== "ServiceAccount") {
    checks.oneOf(path.child("kind"), kind, ["ServiceAccount", "User", "Group"], "as given");
    return;
  }
  if (name !== "") checks.each(path.child("name"), name, isDNS1123Subdomain(name));
  checks.oneOf(path.child("apiGroup"), apiGroup, [""]);
  if (!namespaced) checks.present(path.child("namespace"), namespace);
}

/** What a binding grants is decided once. */
export function validateBindingUpdate(
  binding: Binding,
  old: Binding,
  namespaced: boolean,
): FieldError[] {
  return [
    ...validateBinding(binding, namespaced),
    ...validateImmutable(binding.roleRef, old.roleRef, new Path("roleRef")),
  ];
}
