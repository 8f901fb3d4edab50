/** CEL expressions in policies and webhooks: each must be there, readable, and of the type that its place wants. */
import { type CelType, checkCel } from "#apimachinery/cel/check.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { type Path, tooMany } from "#apimachinery/field-error.ts";
import { isQualifiedName } from "#apimachinery/validate.ts";
import type { MatchCondition, Variable } from "#gen/api/admissionregistration/v1.ts";

const matchConditionsMax = 64;

export interface Scope {
  /** A policy names a kind of parameters. */
  readonly hasParams: boolean;
  readonly hasVariables: boolean;
  readonly hasPatchTypes: boolean;
}

export const webhookScope: Scope = { hasParams: false, hasVariables: false, hasPatchTypes: false };

function namesIn({ hasParams, hasVariables, hasPatchTypes }: Scope): string[] {
  return [
    "object",
    "oldObject",
    "request",
    "namespaceObject",
    "authorizer",
    ...(hasParams ? ["params"] : []),
    ...(hasVariables ? ["variables"] : []),
    ...(hasPatchTypes ? ["Object", "JSONPatch"] : []),
  ];
}

interface Place {
  readonly path: Path;
  readonly scope: Scope;
  /** Absent: any. */
  readonly types?: readonly CelType[];
}

export function validateExpression(
  checks: FieldChecks,
  expression: string,
  { path, scope, types }: Place,
): void {
  try {
    const type = checkCel(expression, namesIn(scope));
    if (types !== undefined && type !== "dyn" && !types.includes(type))
      checks.invalid(path, expression, `must evaluate to ${types.join(" or ")}`);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    checks.invalid(path, expression, `compilation failed: ERROR: <input>: ${error.message}`);
  }
}

export function validateMatchConditions(
  checks: FieldChecks,
  conditions: readonly MatchCondition[],
  { path, scope }: Place,
): void {
  if (conditions.length > matchConditionsMax)
    checks.add([tooMany(path, conditions.length, matchConditionsMax)]);
  const names = new Set<string>();
  for (const [index, { name = "", expression = "" }] of conditions.entries()) {
    const here = path.index(index);
    if (checks.present(here.child("expression"), expression.trim()))
      validateExpression(checks, expression.trim(), {
        path: here.child("expression"),
        scope,
        types: ["bool"],
      });
    if (!checks.present(here.child("name"), name)) continue;
    checks.each(here.child("name"), name, isQualifiedName(name));
    if (names.has(name)) checks.duplicate(here.child("name"), name);
    names.add(name);
  }
}

const identifier = /^[_a-zA-Z][_a-zA-Z0-9]*$/;
const reserved =
  /^(true|false|null|in|as|break|const|continue|else|for|function|if|import|let|loop|package|namespace|return|var|void|while)$/;

export function validateVariables(
  checks: FieldChecks,
  variables: readonly Variable[],
  { path, scope }: Place,
): void {
  for (const [index, { name = "", expression = "" }] of variables.entries()) {
    const here = path.index(index);
    if (!checks.present(here.child("name"), name.trim(), "name is not specified")) continue;
    if (!identifier.test(name) || reserved.test(name))
      checks.invalid(here.child("name"), name, "must be a valid CEL identifier");
    const expressionPath = here.child("expression");
    if (checks.present(expressionPath, expression.trim(), "expression is not specified"))
      validateExpression(checks, expression, { path: expressionPath, scope });
  }
}
