/** Label selectors: their text form (`a=b,c in (d,e),!f`), their object form, and whether labels match. */
import type { LabelSelector } from "#gen/api/meta/v1.ts";
import { labelKeyFaults, labelValueFaults } from "./label-names.ts";
import { parseSelectorText } from "./label-selector-parser.ts";
import { badRequest } from "./status.ts";

export type SelectorOperator = "in" | "notin" | "=" | "==" | "!=" | "exists" | "!" | "gt" | "lt";

export interface Requirement {
  readonly key: string;
  readonly operator: SelectorOperator;
  /** Sorted, without doubles. */
  readonly values: readonly string[];
}

/** Every requirement must hold; none at all matches everything, "nothing" matches no object. */
export type Selector = readonly Requirement[] | "nothing";

export const everything: Selector = [];

type Labels = Readonly<Record<string, string>>;

const integer = /^[+-]?\d+$/;

function compareAsIntegers(text: string | undefined, requirement: Requirement): boolean {
  const bound = requirement.values[0] ?? "";
  if (text === undefined || !integer.test(text) || !integer.test(bound)) return false;
  return requirement.operator === "gt"
    ? BigInt(text) > BigInt(bound)
    : BigInt(text) < BigInt(bound);
}

function holds(requirement: Requirement, labels: Labels | undefined): boolean {
  const value = labels?.[requirement.key];
  switch (requirement.operator) {
    case "in":
    case "=":
    case "==":
      return value !== undefined && requirement.values.includes(value);
    case "notin":
    case "!=":
      return value === undefined || !requirement.values.includes(value);
    case "exists":
      return value !== undefined;
    case "!":
      return value === undefined;
    default:
      return compareAsIntegers(value, requirement);
  }
}

export function matches(selector: Selector, labels: Labels | undefined): boolean {
  if (selector === "nothing") return false;
  for (const requirement of selector) if (!holds(requirement, labels)) return false;
  return true;
}

/** One fault of a requirement, as upstream's NewRequirement words it; undefined when it is sound. */
export function requirementFault({ key, operator, values }: Requirement): string | undefined {
  const keyFaults = labelKeyFaults(key);
  if (keyFaults.length > 0) {
    return `<nil>: Invalid value: ${JSON.stringify(key)}: ${keyFaults.join("; ")}`;
  }
  const shown = () => `[${values.map((value) => JSON.stringify(value)).join(",")}]`;
  const set = operator === "in" || operator === "notin";
  if (set && values.length === 0) {
    return `values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty`;
  }
  if ((operator === "exists" || operator === "!") && values.length > 0) {
    return `values: Invalid value: ${shown()}: values set must be empty for exists and does not exist`;
  }
  if ((operator === "gt" || operator === "lt") && !integer.test(values[0] ?? "")) {
    return `values[0]: Invalid value: ${JSON.stringify(values[0] ?? "")}: for 'Gt', 'Lt' operators, the value must be an integer`;
  }
  for (const [index, value] of values.entries()) {
    const faults = labelValueFaults(value);
    if (faults.length > 0) {
      return `values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${faults.join("; ")}`;
    }
  }
  return undefined;
}

/** What was parsed last: a request's selector is checked first, and parsed once more when it is used. */
let last: { readonly text: string; readonly selector: Selector } = {
  text: "",
  selector: everything,
};

/** The selector a query parameter holds. Throws ApiError BadRequest with upstream's sentence. */
export function parseLabelSelector(text: string): Selector {
  if (last.text !== text) last = { text, selector: parsedSelector(text) };
  return last.selector;
}

function parsedSelector(text: string): Selector {
  const parsed = parseSelectorText(text);
  if ("fault" in parsed) throw badRequest(parsed.fault);
  for (const requirement of parsed.requirements) {
    const fault = requirementFault(requirement);
    if (fault !== undefined) throw badRequest(`unable to parse requirement: ${fault}`);
  }
  return parsed.requirements;
}

const operatorOfExpression: Readonly<Record<string, SelectorOperator>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "!",
};

/**
 * An object's selector: absent matches nothing, empty matches everything (LabelSelectorAsSelector).
 * Throws ApiError BadRequest for an operator or a value that no validation let through.
 */
export function selectorFromLabelSelector(selector: LabelSelector | undefined): Selector {
  if (selector === undefined) return "nothing";
  const requirements: Requirement[] = [];
  for (const [key, value] of Object.entries(selector.matchLabels ?? {})) {
    requirements.push({ key, operator: "=", values: [value] });
  }
  for (const expression of selector.matchExpressions ?? []) {
    const operator = operatorOfExpression[expression.operator];
    if (operator === undefined) {
      throw badRequest(`"${expression.operator}" is not a valid label selector operator`);
    }
    const values = [...new Set(expression.values ?? [])].sort();
    requirements.push({ key: expression.key, operator, values });
  }
  for (const requirement of requirements) {
    const fault = requirementFault(requirement);
    if (fault !== undefined) throw badRequest(fault);
  }
  return requirements;
}

/** The selector of a plain map, as Services and ReplicationControllers have it. */
export function selectorFromMap(labels: Labels | undefined): Selector {
  return Object.entries(labels ?? {}).map(([key, value]) => ({
    key,
    operator: "=" as const,
    values: [value],
  }));
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case "exists":
      return key;
    case "!":
      return `!${key}`;
    case "in":
    case "notin":
      return `${key} ${operator} (${values.join(",")})`;
    case "gt":
      return `${key}>${values[0] ?? ""}`;
    case "lt":
      return `${key}<${values[0] ?? ""}`;
    default:
      return `${key}${operator}${values[0] ?? ""}`;
  }
}

/** Upstream's text form, requirements in order of their keys; what status.selector of a Scale carries. */
export function formatSelector(selector: Selector): string {
  if (selector === "nothing") return "";
  return [...selector]
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(formatRequirement)
    .join(",");
}
