/** What claims and classes of devices have in common: selectors, configurations, tolerations. */
import { Buffer } from "node:buffer";
import { CelCompileError } from "#apimachinery/cel/program.ts";
import type { FieldChecks } from "#apimachinery/field-checks.ts";
import { type Path, tooLong, tooMany } from "#apimachinery/field-error.ts";
import { isLabelValue, isQualifiedName } from "#apimachinery/validate.ts";
import type {
  DeviceSelector,
  DeviceToleration,
  OpaqueDeviceConfiguration,
} from "#gen/api/resource/v1.ts";
import { compileSelector, TooComplex, WrongResult } from "./device-selector.ts";
import { driverName } from "./names.ts";

export const listMax = 32;
const tolerationsMax = 16;
const expressionBytesMax = 10 * 1024;
const parametersBytesMax = 10 * 1024;
export const effects = ["NoExecute", "NoSchedule", "None"];

export function validateSelectors(
  checks: FieldChecks,
  selectors: readonly DeviceSelector[],
  path: Path,
): void {
  if (selectors.length > listMax) {
    checks.add([tooMany(path, selectors.length, listMax)]);
    return;
  }
  for (const [index, { cel }] of selectors.entries()) {
    const here = path.index(index).child("cel");
    if (cel === undefined) checks.required(here);
    else validateExpression(checks, cel.expression ?? "", here.child("expression"));
  }
}

function validateExpression(checks: FieldChecks, expression: string, path: Path): void {
  if (Buffer.byteLength(expression) > expressionBytesMax) {
    checks.add([tooLong(path, expressionBytesMax)]);
    return;
  }
  try {
    compileSelector(expression);
  } catch (error) {
    if (error instanceof CelCompileError)
      checks.invalid(path, expression, `compilation failed: ${error.message}`);
    else if (error instanceof WrongResult) checks.invalid(path, expression, error.message);
    else if (error instanceof TooComplex) checks.forbidden(path, error.message);
    else throw error;
  }
}

export function validateConfiguration(
  checks: FieldChecks,
  { opaque }: { readonly opaque?: OpaqueDeviceConfiguration | undefined },
  path: Path,
): void {
  const here = path.child("opaque");
  if (opaque === undefined) {
    checks.required(here);
    return;
  }
  driverName(checks, here.child("driver"), opaque.driver ?? "");
  const { parameters } = opaque;
  const parametersPath = here.child("parameters");
  if (parameters === undefined) checks.required(parametersPath);
  else if (Buffer.byteLength(JSON.stringify(parameters)) > parametersBytesMax)
    checks.add([tooLong(parametersPath, parametersBytesMax)]);
  else if (typeof parameters !== "object" || Array.isArray(parameters))
    checks.invalid(parametersPath, "<value omitted>", "must be a valid JSON object");
}

/** What holds of each part by itself. */
export function validateTypedTolerations(
  checks: FieldChecks,
  tolerations: readonly DeviceToleration[],
  path: Path,
): void {
  if (tolerations.length > tolerationsMax)
    checks.add([tooMany(path, tolerations.length, tolerationsMax)]);
  for (const [index, { key = "", operator = "", effect }] of tolerations.entries()) {
    const here = path.index(index);
    if (key !== "") checks.each(here.child("key"), key, isQualifiedName(key));
    checks.presentOneOf(here.child("operator"), operator, ["Equal", "Exists"]);
    if (effect) checks.oneOf(here.child("effect"), effect, effects);
  }
}

export function validateTolerations(
  checks: FieldChecks,
  tolerations: readonly DeviceToleration[],
  path: Path,
): void {
  validateTypedTolerations(checks, tolerations, path);
  for (const [index, { operator, value = "" }] of tolerations.entries()) {
    const here = path.index(index);
    if (operator === "Exists" && value !== "")
      checks.invalid(here.child("value"), value, "must be empty for operator `Exists`");
    if (operator === "Equal") checks.each(here.child("value"), value, isLabelValue(value));
  }
}
