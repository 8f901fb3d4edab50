/** Which requests a webhook or a policy is about. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import { isPathSegmentName } from "#apimachinery/validate.ts";
import type {
  MatchResources,
  NamedRuleWithOperations,
  RuleWithOperations,
} from "#gen/api/admissionregistration/v1.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";

const operations = ["*", "CONNECT", "CREATE", "DELETE", "UPDATE"];
const mutatingOperations = ["*", "CONNECT", "CREATE", "UPDATE"];

function lonelyStar(checks: FieldChecks, list: readonly string[], path: Path, what: string): void {
  if (list.length > 1 && list.includes("*"))
    checks.invalid(path, list, `if '*' is present, must not specify other ${what}`);
}

export function validateRule(
  checks: FieldChecks,
  rule: Partial<RuleWithOperations>,
  path: Path,
): void {
  const { apiGroups = [], apiVersions = [], resources = [], scope } = rule;
  const lists = [
    ["operations", rule.operations ?? [], "operations"],
    ["apiGroups", apiGroups, "API groups"],
    ["apiVersions", apiVersions, "API versions"],
  ] as const;
  for (const [field, list, what] of lists) {
    if (list.length === 0) checks.required(path.child(field));
    lonelyStar(checks, list, path.child(field), what);
  }
  for (const [index, operation] of (rule.operations ?? []).entries())
    checks.oneOf(path.child("operations").index(index), operation, operations);
  for (const [index, version] of apiVersions.entries())
    checks.present(path.child("apiVersions").index(index), version);
  validateResources(checks, resources, path.child("resources"));
  if (scope !== undefined) checks.oneOf(path.child("scope"), scope, ["*", "Cluster", "Namespaced"]);
}

function validateResources(checks: FieldChecks, resources: readonly string[], path: Path): void {
  if (resources.length === 0) checks.required(path);
  const wholeResources = new Set<string>();
  const wholeSubresources = new Set<string>();
  for (const [index, resource] of resources.entries()) {
    const here = path.index(index);
    if (!checks.present(here, resource)) continue;
    const slash = resource.indexOf("/");
    if (slash < 0) continue;
    const [main, sub] = [resource.slice(0, slash), resource.slice(slash + 1)];
    if (wholeResources.has(main))
      checks.invalid(here, resource, `if '${main}/*' is present, must not specify ${resource}`);
    if (wholeSubresources.has(sub))
      checks.invalid(here, resource, `if '*/${sub}' is present, must not specify ${resource}`);
    if (sub === "*") wholeResources.add(main);
    if (main === "*") wholeSubresources.add(sub);
  }
  if (resources.length > 1 && resources.includes("*/*"))
    checks.invalid(path, resources, "if '*/*' is present, must not specify other resources");
  const plain = resources.filter((resource) => resource !== "" && !resource.includes("/"));
  const lastPlain = plain.at(-1);
  if (resources.includes("*") && lastPlain !== undefined && lastPlain !== "*")
    checks.invalid(
      path,
      resources,
      "if '*' is present, must not specify other resources without subresources",
    );
}

function validateNamedRule(
  checks: FieldChecks,
  rule: Partial<NamedRuleWithOperations>,
  path: Path,
): void {
  const names = new Set<string>();
  for (const [index, name] of (rule.resourceNames ?? []).entries()) {
    const here = path.child("resourceNames").index(index);
    checks.each(here, name, isPathSegmentName(name));
    if (names.has(name)) checks.duplicate(here, name);
    names.add(name);
  }
  validateRule(checks, rule, path);
}

export function validateMatchResources(
  checks: FieldChecks,
  match: MatchResources | undefined,
  path: Path,
): void {
  if (match === undefined) return;
  const { matchPolicy } = match;
  if (matchPolicy === undefined) checks.required(path.child("matchPolicy"));
  else checks.oneOf(path.child("matchPolicy"), matchPolicy, ["Equivalent", "Exact"]);
  for (const field of ["namespaceSelector", "objectSelector"] as const) {
    if (match[field] === undefined) checks.required(path.child(field));
    checks.add(validateLabelSelector(match[field], path.child(field)));
  }
  for (const field of ["resourceRules", "excludeResourceRules"] as const)
    for (const [index, rule] of (match[field] ?? []).entries())
      validateNamedRule(checks, rule, path.child(field).index(index));
}

/** What mutates cannot be about deletions. */
export function onlyMutating(
  checks: FieldChecks,
  match: MatchResources | undefined,
  path: Path,
): void {
  for (const rule of match?.resourceRules ?? [])
    for (const operation of rule.operations ?? [])
      checks.oneOf(path.child("resourceRules", "operations"), operation, mutatingOperations);
}
