/** Upstream's matching of PolicyRules: what a rule allows, and whether rules cover other rules. */
import type { PolicyRule } from "#gen/api/rbac/v1.ts";

/** The part of a request that rules look at. */
export interface RuleQuestion {
  readonly isResourceRequest: boolean;
  readonly verb: string;
  readonly path: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
}

function has(list: readonly string[] | undefined, value: string): boolean {
  return list?.includes(value) === true;
}

function anyOrHas(list: readonly string[] | undefined, value: string): boolean {
  return list !== undefined && (list.includes("*") || list.includes(value));
}

function resourceMatches(rule: PolicyRule, { resource, subresource }: RuleQuestion): boolean {
  if (subresource === "") return anyOrHas(rule.resources, resource);
  return (
    anyOrHas(rule.resources, `${resource}/${subresource}`) ||
    has(rule.resources, `*/${subresource}`)
  );
}

function pathMatches(pattern: string, path: string): boolean {
  if (pattern === "*" || pattern === path) return true;
  return pattern.endsWith("*") && path.startsWith(pattern.replace(/\*+$/, ""));
}

function isEmpty(list: readonly string[] | undefined): boolean {
  return list === undefined || list.length === 0;
}

export function ruleAllows(rule: PolicyRule, question: RuleQuestion): boolean {
  if (!anyOrHas(rule.verbs, question.verb)) return false;
  if (!question.isResourceRequest) {
    return rule.nonResourceURLs?.some((url) => pathMatches(url, question.path)) === true;
  }
  return (
    anyOrHas(rule.apiGroups, question.group) &&
    resourceMatches(rule, question) &&
    (isEmpty(rule.resourceNames) || has(rule.resourceNames, question.name))
  );
}

/** A rule as the product of its lists: one verb, group, resource and name each. */
function brokenDown(rule: PolicyRule): PolicyRule[] {
  const { apiGroups = [], resources = [], nonResourceURLs = [], resourceNames = [] } = rule;
  const names =
    resourceNames.length === 0 ? [{}] : resourceNames.map((name) => ({ resourceNames: [name] }));
  const verbs = rule.verbs.map((verb) => ({ verbs: [verb] }));
  const targets = apiGroups.flatMap((group) =>
    resources.map((resource) => ({ apiGroups: [group], resources: [resource] })),
  );
  const parts = targets.flatMap((target) =>
    verbs.flatMap((verb) => names.map((name) => ({ ...target, ...verb, ...name }))),
  );
  const urls = nonResourceURLs.map((url) => ({ nonResourceURLs: [url] }));
  return [...parts, ...urls.flatMap((url) => verbs.map((verb) => ({ ...url, ...verb })))];
}

function hasAll(owner: readonly string[], asked: readonly string[]): boolean {
  return owner.includes("*") || asked.every((value) => owner.includes(value));
}

function resourcesCover(owner: readonly string[], asked: readonly string[]): boolean {
  if (hasAll(owner, asked)) return true;
  return asked.every((resource) => {
    if (owner.includes(resource)) return true;
    const slash = resource.indexOf("/");
    return slash >= 0 && owner.includes(`*/${resource.slice(slash + 1)}`);
  });
}

function urlsCover(owner: readonly string[], asked: readonly string[]): boolean {
  return asked.every((url) => owner.some((pattern) => pathMatches(pattern, url)));
}

function ruleCovers(owner: PolicyRule, part: PolicyRule): boolean {
  const names = part.resourceNames ?? [];
  const ownerNames = owner.resourceNames ?? [];
  const namesCovered =
    names.length === 0
      ? ownerNames.length === 0
      : isEmpty(ownerNames) || hasEvery(ownerNames, names);
  return (
    hasAll(owner.verbs, part.verbs) &&
    hasAll(owner.apiGroups ?? [], part.apiGroups ?? []) &&
    resourcesCover(owner.resources ?? [], part.resources ?? []) &&
    urlsCover(owner.nonResourceURLs ?? [], part.nonResourceURLs ?? []) &&
    namesCovered
  );
}

function hasEvery(owner: readonly string[], asked: readonly string[]): boolean {
  return asked.every((value) => owner.includes(value));
}

/** What of `asked` no rule of `owned` covers, in single-verb, single-resource pieces; empty: all covered. */
export function uncovered(
  owned: readonly PolicyRule[],
  asked: readonly PolicyRule[],
): readonly PolicyRule[] {
  return asked
    .flatMap(brokenDown)
    .filter((part) => !owned.some((owner) => ruleCovers(owner, part)));
}

/** Joins the verbs of pieces that name the same single resource, each as often as it is asked for: upstream's CompactRules. */
export function compactRules(rules: readonly PolicyRule[]): readonly PolicyRule[] {
  const byResource = new Map<string, PolicyRule>();
  const others: PolicyRule[] = [];
  for (const rule of rules) {
    if (!isEmpty(rule.nonResourceURLs)) {
      others.push(rule);
      continue;
    }
    const key = JSON.stringify([rule.apiGroups, rule.resources, rule.resourceNames ?? []]);
    const known = byResource.get(key);
    if (known === undefined) byResource.set(key, { ...rule, verbs: [...rule.verbs] });
    else known.verbs.push(...rule.verbs);
  }
  return [...byResource.values(), ...others];
}

/** Go's %q of a list. */
export function quotedList(values: readonly string[]): string {
  return `[${values.map((value) => JSON.stringify(value)).join(" ")}]`;
}

/** `{APIGroups:[""], Resources:["pods"], Verbs:["get"]}` */
export function describeRule(rule: PolicyRule): string {
  const lists = [
    ["APIGroups", rule.apiGroups],
    ["Resources", rule.resources],
    ["NonResourceURLs", rule.nonResourceURLs],
    ["ResourceNames", rule.resourceNames],
    ["Verbs", rule.verbs],
  ] as const;
  const parts = lists.flatMap(([title, list]) =>
    list === undefined || list.length === 0 ? [] : [`${title}:${quotedList(list)}`],
  );
  return `{${parts.join(", ")}}`;
}
