/** Validation of a FlowSchema: whom and what it takes in. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, notSupported, Path } from "#apimachinery/field-error.ts";
import { isDNS1123Label } from "#apimachinery/validate.ts";
import type {
  FlowSchema,
  NonResourcePolicyRule,
  PolicyRulesWithSubjects,
  ResourcePolicyRule,
  Subject,
} from "#gen/api/flowcontrol/v1.ts";
import { startFlowSchemas } from "#gen/start-objects.ts";
import { validateTypedConditions } from "./typed-conditions.ts";

const specPath = new Path("spec");
const precedenceMax = 10_000;
const mandatory = ["exempt", "catch-all"];
const verbs = [
  "create",
  "delete",
  "deletecollection",
  "get",
  "list",
  "patch",
  "proxy",
  "update",
  "watch",
];

export function validateFlowSchema({ metadata, spec, status }: FlowSchema): FieldError[] {
  const checks = new FieldChecks();
  const { name } = metadata;
  const { matchingPrecedence: precedence = 0, distinguisherMethod, rules = [] } = spec ?? {};
  const path = specPath.child("matchingPrecedence");
  if (precedence <= 0) checks.invalid(path, precedence, "must be a positive value");
  if (precedence > precedenceMax)
    checks.invalid(path, precedence, `must not be greater than ${precedenceMax}`);
  if (precedence === 1 && name !== "exempt")
    checks.invalid(
      path,
      precedence,
      "only the schema named 'exempt' may have matchingPrecedence 1",
    );
  if (distinguisherMethod !== undefined)
    checks.oneOf(specPath.child("distinguisherMethod", "type"), distinguisherMethod.type, [
      "ByNamespace",
      "ByUser",
    ]);
  const level = spec?.priorityLevelConfiguration?.name;
  const levelPath = specPath.child("priorityLevelConfiguration", "name");
  if (checks.present(levelPath, level, "must reference a priority level"))
    checks.subdomain(levelPath, level);
  for (const [index, rule] of rules.entries())
    validateRule(checks, rule, specPath.child("rules").index(index));
  const fixed = mandatory.includes(name)
    ? startFlowSchemas.find((schema) => schema.metadata.name === name)
    : undefined;
  if (fixed !== undefined && !deepEqual(spec, fixed.spec))
    checks.invalid(specPath, spec, `spec of '${name}' must equal the fixed value`);
  checks.add(validateTypedConditions(status?.conditions ?? []));
  return checks.errors;
}

function validateRule(checks: FieldChecks, rule: PolicyRulesWithSubjects, path: Path): void {
  const { subjects = [], resourceRules = [], nonResourceRules = [] } = rule;
  if (subjects.length === 0)
    checks.required(path.child("subjects"), "subjects must contain at least one value");
  for (const [index, subject] of subjects.entries())
    validateSubject(checks, subject, path.child("subjects").index(index));
  if (resourceRules.length === 0 && nonResourceRules.length === 0)
    checks.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty");
  for (const [index, one] of resourceRules.entries())
    resourceRule(checks, one, path.child("resourceRules").index(index));
  for (const [index, one] of nonResourceRules.entries())
    nonResourceRule(checks, one, path.child("nonResourceRules").index(index));
}

const subjectFields = { ServiceAccount: "serviceAccount", User: "user", Group: "group" } as const;

function validateSubject(checks: FieldChecks, subject: Subject, path: Path): void {
  const kinds = ["ServiceAccount", "User", "Group"] as const;
  const kind = kinds.find((one) => one === subject.kind);
  if (kind === undefined) {
    checks.add([notSupported(path.child("kind"), subject.kind ?? "", kinds)]);
    return;
  }
  for (const other of kinds) {
    const field = subjectFields[other];
    if (other !== kind && subject[field] !== undefined)
      checks.forbidden(
        path.child(field),
        `${field} is forbidden when subject kind is not '${other}'`,
      );
  }
  const field = subjectFields[kind];
  const here = path.child(field);
  const given = subject[field];
  if (given === undefined) {
    checks.required(here, `${field} is required when subject kind is '${kind}'`);
    return;
  }
  const isNamed = checks.present(here.child("name"), given.name);
  if (kind !== "ServiceAccount") return;
  const { namespace } = subject.serviceAccount ?? {};
  if (isNamed && given.name !== "*") checks.subdomain(here.child("name"), given.name);
  if (
    checks.present(here.child("namespace"), namespace, "must specify namespace for service account")
  )
    checks.label(here.child("namespace"), namespace);
}

function validateVerbs(checks: FieldChecks, given: readonly string[], path: Path): void {
  if (given.length === 0) checks.required(path, "verbs must contain at least one value");
  else if (given.includes("*")) lonelyStar(checks, given, path, "verbs");
  else if (given.some((verb) => !verbs.includes(verb)))
    checks.add([notSupported(path, given, verbs)]);
}

function lonelyStar(checks: FieldChecks, given: readonly string[], path: Path, what: string): void {
  if (given.length > 1 && given.includes("*"))
    checks.invalid(path, given, `if '*' is present, must not specify other ${what}`);
}

function resourceRule(checks: FieldChecks, rule: ResourcePolicyRule, path: Path): void {
  const { apiGroups = [], resources = [], namespaces = [], clusterScope = false } = rule;
  validateVerbs(checks, rule.verbs ?? [], path.child("verbs"));
  for (const [field, list, one, many] of [
    ["apiGroups", apiGroups, "api group", "api groups"],
    ["resources", resources, "resource", "resources"],
  ] as const) {
    if (list.length === 0)
      checks.required(path.child(field), `resource rules must supply at least one ${one}`);
    lonelyStar(checks, list, path.child(field), many);
  }
  const namespacesPath = path.child("namespaces");
  if (namespaces.length === 0 && !clusterScope)
    checks.required(
      namespacesPath,
      "resource rules that are not cluster scoped must supply at least one namespace",
    );
  else if (namespaces.includes("*")) lonelyStar(checks, namespaces, namespacesPath, "namespaces");
  else
    for (const [index, namespace] of namespaces.entries())
      for (const sentence of isDNS1123Label(namespace))
        checks.invalid(
          namespacesPath.index(index),
          namespace,
          `each member of this list must be '*' or a DNS-1123 label; ${sentence}`,
        );
}

function nonResourceRule(checks: FieldChecks, rule: NonResourcePolicyRule, path: Path): void {
  const { nonResourceURLs: urls = [] } = rule;
  validateVerbs(checks, rule.verbs ?? [], path.child("verbs"));
  const urlsPath = path.child("nonResourceURLs");
  if (urls.length === 0)
    checks.required(urlsPath, "nonResourceURLs must contain at least one value");
  if (urls.includes("*")) {
    lonelyStar(checks, urls, urlsPath, "non-resource URLs");
    return;
  }
  for (const [index, url] of urls.entries()) {
    const fault = urlFault(url);
    if (fault !== undefined) checks.invalid(urlsPath.index(index), url, fault);
  }
}

function urlFault(url: string): string | undefined {
  if (url === "") return "must not be empty";
  if (url === "/") return undefined;
  if (!url.startsWith("/")) return "must start with slash";
  if (url.includes(" ")) return "must not contain white-space";
  if (url.includes("//")) return "must not contain double slash";
  const stars = url.split("*").length - 1;
  if (stars > 1 || (stars === 1 && !url.endsWith("/*")))
    return "wildcard can only do suffix matching";
  return undefined;
}
