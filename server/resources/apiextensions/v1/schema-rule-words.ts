/** What rules of a schema say beside their expressions: a message, a reason, the path of the field that they blame. */
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps, ValidationRule } from "#gen/api/apiextensions/v1.ts";
import { unsupportedIn } from "./schema-structure.ts";

const hasLineBreaks = (text: string): boolean => /[\r\n]/.test(text);

/** Of the rules of this schema, not of those within it. */
export function validateRuleWords(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  for (const [index, rule] of (schema["x-kubernetes-validations"] ?? []).entries()) {
    const here = path.child("x-kubernetes-validations").index(index);
    validateMessages(checks, rule, here);
    if (rule.reason !== undefined)
      checks.oneOf(here.child("reason"), rule.reason, [
        "FieldValueDuplicate",
        "FieldValueForbidden",
        "FieldValueInvalid",
        "FieldValueRequired",
      ]);
    const { fieldPath = "" } = rule;
    const place = here.child("fieldPath");
    if (fieldPath === "") continue;
    if (fieldPath.trim() === "") checks.invalid(place, fieldPath, "must be non-empty if specified");
    if (hasLineBreaks(fieldPath)) checks.invalid(place, fieldPath, "must not contain line breaks");
    // Of a schema that is not structural nobody can tell.
    if (unsupportedIn(schema) === undefined && !leadsSomewhere(schema, fieldPath))
      checks.invalid(place, fieldPath, "must be a valid path");
  }
}

function validateMessages(
  checks: FieldChecks,
  { rule = "", message = "", messageExpression = "" }: ValidationRule,
  path: Path,
): void {
  const place = path.child("message");
  const [bareRule, bareMessage] = [rule.trim(), message.trim()];
  if (bareRule === "") checks.required(path.child("rule"), "rule is not specified");
  else if (message !== "" && bareMessage === "")
    checks.invalid(place, message, "must be non-empty if specified");
  else if (hasLineBreaks(bareMessage))
    checks.invalid(place, message, "must not contain line breaks");
  else if (hasLineBreaks(bareRule) && bareMessage === "")
    checks.required(place, "message must be specified if rule contains line breaks");
  if (messageExpression !== "" && messageExpression.trim() === "")
    checks.required(path.child("messageExpression"), "must be non-empty if specified");
}

/** Dots, brackets, a name in single quotes, or what stands between them. */
const token = /'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]]+/gs;

/** Whether each step of `.a['b'].c` names a property, or any where others are allowed. */
function leadsSomewhere(schema: JSONSchemaProps, text: string): boolean {
  const tokens = text.match(token) ?? [];
  let at: JSONSchemaProps | undefined = schema;
  for (let index = 0; index < tokens.length; index++) {
    const kind = tokens[index];
    const step = tokens[++index];
    if (step === undefined) return false;
    let name = step;
    if (kind === "[") {
      if (!/^'.*'$/s.test(step) || tokens[++index] !== "]") return false;
      name = step.slice(1, -1).replace(/\\(.)/gs, "$1");
    } else if (kind !== ".") return false;
    at = stepInto(at, name);
    if (at === undefined) return false;
  }
  return true;
}

function stepInto(schema: JSONSchemaProps, name: string): JSONSchemaProps | undefined {
  const { properties = {}, additionalProperties: others } = schema;
  if (Object.keys(properties).length > 0)
    return Object.hasOwn(properties, name) ? properties[name] : undefined;
  return typeof others === "object" ? others : undefined;
}
