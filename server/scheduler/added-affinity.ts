/** NodeAffinity's addedAffinity, checked as upstream parses it. */
import { isLabelValue, isQualifiedName } from "#apimachinery/validate.ts";
import type { NodeAffinity } from "#gen/api/core/v1.ts";
import type { ConfigReader } from "./config-reader.ts";
import type { Profile } from "./profile.ts";

const operators = ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"] as const;
const required = "requiredDuringSchedulingIgnoredDuringExecution";
const preferred = "preferredDuringSchedulingIgnoredDuringExecution";

function checkCount(item: ConfigReader, operator: string, values: readonly string[]): void {
  const printed = item.has("values") ? JSON.stringify(values) : "null";
  const wrong = (words: string) => item.wrong("values", `Invalid value: ${printed}: ${words}`);
  if ((operator === "In" || operator === "NotIn") && values.length === 0)
    wrong("for 'in', 'notin' operators, values set can't be empty");
  if ((operator === "Exists" || operator === "DoesNotExist") && values.length > 0)
    wrong("values set must be empty for exists and does not exist");
  if (operator !== "Gt" && operator !== "Lt") return;
  if (values.length !== 1) wrong("for 'Gt', 'Lt' operators, exactly one value is required");
  values.forEach((value, index) => {
    if (/^[+-]?\d+$/.test(value)) return;
    const words = "for 'Gt', 'Lt' operators, the value must be an integer";
    item.wrong(`values[${index}]`, `Invalid value: "${value}": ${words}`);
  });
}

function checkExpression(item: ConfigReader): void {
  item.only("key", "operator", "values");
  const given = item.string("operator", "");
  const values = item.strings("values");
  if (!operators.some((operator) => operator === given)) {
    item.choice("operator", "In", operators);
    return;
  }
  const key = item.string("key", "");
  for (const words of isQualifiedName(key)) item.wrong("key", `Invalid value: "${key}": ${words}`);
  checkCount(item, given, values);
  values.forEach((value, index) => {
    for (const words of isLabelValue(value))
      item.wrong(`values[${index}]`, `Invalid value: "${value}": ${words}`);
  });
}

function checkField(item: ConfigReader): void {
  item.only("key", "operator", "values");
  const values = item.strings("values");
  const operator = item.string("operator", "");
  if (operator !== "In" && operator !== "NotIn") {
    item.choice("operator", "In", ["In", "NotIn"]);
  } else if (values.length !== 1) {
    const printed = item.has("values") ? JSON.stringify(values) : "null";
    item.wrong("values", `Invalid value: ${printed}: must have one element`);
  }
}

function checkTerm(term: ConfigReader): void {
  term.only("matchExpressions", "matchFields");
  for (const expression of term.items("matchExpressions")) checkExpression(expression);
  for (const field of term.items("matchFields")) checkField(field);
}

export function readNodeAffinity(args: ConfigReader): Partial<Profile> {
  args.only("apiVersion", "kind", "addedAffinity");
  const affinity = args.object("addedAffinity").only(required, preferred);
  for (const term of affinity.object(required).only("nodeSelectorTerms").items("nodeSelectorTerms"))
    checkTerm(term);
  for (const item of affinity.items(preferred)) {
    item.only("weight", "preference");
    checkTerm(item.object("preference"));
  }
  // Its fields have just been looked through.
  return { addedAffinity: args.raw("addedAffinity") as NodeAffinity | undefined };
}
