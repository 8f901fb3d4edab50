/** Rules in CEL of a schema: that they compile. */
import { Buffer } from "node:buffer";
import { checkCel } from "#apimachinery/cel/check.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import type { Path } from "#apimachinery/field-error.ts";
import type { JSONSchemaProps, ValidationRule } from "#gen/api/apiextensions/v1.ts";
import { partsOf } from "./schema-children.ts";

const ruleBytesMax = 10 * 1024;

/** Of a schema and of all within it. */
export function validateRules(checks: FieldChecks, schema: JSONSchemaProps, path: Path): void {
  for (const child of partsOf(schema, path)) validateRules(checks, child.schema, child.path);
  for (const [index, rule] of (schema["x-kubernetes-validations"] ?? []).entries())
    validateRule(checks, rule, path.child("x-kubernetes-validations").index(index));
}

/** undefined: there is no rule, or it compiles. */
export function compileFault(rule: string): string | undefined {
  try {
    checkCel(rule, ["self", "oldSelf"]);
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return `rule compile error: compilation failed: ${error.message}`;
  }
}

function validateRule(
  checks: FieldChecks,
  { rule = "", messageExpression = "" }: ValidationRule,
  path: Path,
): void {
  const expressions = [
    ["rule", rule, ["bool"]],
    ["messageExpression", messageExpression, ["string"]],
  ] as const;
  for (const [field, expression, wanted] of expressions) {
    if (expression.trim() === "") continue;
    try {
      if (Buffer.byteLength(expression) > ruleBytesMax) throw new SyntaxError("too long");
      const type = checkCel(expression, ["self", "oldSelf"]);
      if (type !== "dyn" && !wanted.some((one) => one === type))
        checks.invalid(path.child(field), expression, `must evaluate to ${wanted.join(" or ")}`);
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      checks.invalid(path.child(field), expression, `compilation failed: ${error.message}`);
    }
  }
}
