/** Validation of admission policies. */
import { Buffer } from "node:buffer";
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isDNS1035Label, isDNS1123Subdomain, isQualifiedName } from "#apimachinery/validate.ts";
import type {
  AuditAnnotation,
  MutatingAdmissionPolicy,
  Mutation,
  ParamKind,
  ValidatingAdmissionPolicy,
  Validation,
} from "#gen/api/admissionregistration/v1.ts";
import {
  type Scope,
  validateExpression,
  validateMatchConditions,
  validateVariables,
} from "./expressions.ts";
import { onlyMutating, validateMatchResources } from "./rule-validation.ts";

type Policy = ValidatingAdmissionPolicy | MutatingAdmissionPolicy;

const specPath = new Path("spec");
const annotationsMax = 20;
const annotationBytesMax = 5 * 1024;

/** Conditions that an update leaves alone are not judged again. */
const sameConditions = ({ spec }: Policy, old: Policy | undefined): boolean =>
  old !== undefined &&
  deepEqual(spec?.paramKind, old.spec?.paramKind) &&
  deepEqual(spec?.matchConditions, old.spec?.matchConditions);

/** What both kinds have; the names that their expressions know. */
function common(checks: FieldChecks, policy: Policy, old: Policy | undefined): Scope {
  const { spec } = policy;
  const hasParams = spec?.paramKind !== undefined;
  const plain: Scope = { hasParams, hasVariables: false, hasPatchTypes: false };
  const failurePath = specPath.child("failurePolicy");
  if (spec?.failurePolicy === undefined) {
    if (spec !== undefined) checks.required(failurePath);
  } else checks.oneOf(failurePath, spec.failurePolicy, ["Fail", "Ignore"]);
  if (spec?.paramKind !== undefined)
    validateParamKind(checks, spec.paramKind, specPath.child("paramKind"));
  const matchPath = specPath.child("matchConstraints");
  const match = spec?.matchConstraints;
  validateMatchResources(checks, match, matchPath);
  if (match === undefined) checks.required(matchPath);
  else if ((match.resourceRules ?? []).length === 0)
    checks.required(matchPath.child("resourceRules"));
  if (!sameConditions(policy, old))
    validateMatchConditions(checks, spec?.matchConditions ?? [], {
      path: specPath.child("matchConditions"),
      scope: plain,
    });
  const scope = { ...plain, hasVariables: (spec?.variables ?? []).length > 0 };
  validateVariables(checks, spec?.variables ?? [], { path: specPath.child("variables"), scope });
  return scope;
}

function validateParamKind(
  checks: FieldChecks,
  { apiVersion = "", kind = "" }: ParamKind,
  path: Path,
): void {
  const versionPath = path.child("apiVersion");
  const parts = apiVersion.split("/");
  const version = parts.at(-1) ?? "";
  const group = parts.length === 2 ? (parts[0] ?? "") : "";
  const joined = (at: Path, value: string, faults: readonly string[], before = ""): void => {
    if (faults.length > 0) checks.invalid(at, value, before + faults.join(","));
  };
  if (!checks.present(versionPath, apiVersion)) {
    // Said above.
  } else if (parts.length > 2)
    checks.invalid(versionPath, apiVersion, `unexpected GroupVersion string: ${apiVersion}`);
  else {
    if (group !== "") joined(versionPath, group, isDNS1123Subdomain(group));
    if (version === "") checks.invalid(versionPath, apiVersion, "version must be specified");
    else joined(versionPath, version, isDNS1035Label(version));
  }
  if (checks.present(path.child("kind"), kind))
    joined(
      path.child("kind"),
      kind,
      isDNS1035Label(kind.toLowerCase()),
      "may have mixed case, but should otherwise match: ",
    );
}

export function validateValidatingPolicy(
  policy: ValidatingAdmissionPolicy,
  old?: ValidatingAdmissionPolicy,
): FieldError[] {
  const checks = new FieldChecks();
  const scope = common(checks, policy, old);
  const { validations = [], auditAnnotations = [] } = policy.spec ?? {};
  const annotationsPath = specPath.child("auditAnnotations");
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const sentence = "validations or auditAnnotations must contain at least one item";
    checks.required(specPath.child("validations"), sentence);
    checks.required(annotationsPath, sentence);
  }
  for (const [index, validation] of validations.entries())
    validateValidation(checks, validation, {
      path: specPath.child("validations").index(index),
      scope,
    });
  if (auditAnnotations.length > annotationsMax)
    checks.invalid(
      annotationsPath,
      auditAnnotations,
      `must not have more than ${annotationsMax} auditAnnotations`,
    );
  const keys = new Set<string>();
  for (const [index, annotation] of auditAnnotations.entries()) {
    const path = annotationsPath.index(index);
    const { key = "" } = annotation;
    validateAnnotation(checks, annotation, { path, scope, name: policy.metadata.name });
    if (keys.has(key)) checks.duplicate(path.child("key"), key);
    keys.add(key);
  }
  return checks.errors;
}

interface Place {
  readonly path: Path;
  readonly scope: Scope;
}

function validateValidation(
  checks: FieldChecks,
  { expression = "", message = "", messageExpression = "", reason }: Validation,
  { path, scope }: Place,
): void {
  const expressionPath = path.child("expression");
  if (checks.present(expressionPath, expression.trim(), "expression is not specified"))
    validateExpression(checks, expression, { path: expressionPath, scope, types: ["bool"] });
  const sentence = "must be non-empty if specified";
  const messagePath = path.child("messageExpression");
  if (messageExpression !== "" && messageExpression.trim() === "")
    checks.invalid(messagePath, messageExpression, sentence);
  else if (messageExpression !== "")
    validateExpression(checks, messageExpression, {
      path: messagePath,
      scope,
      types: ["string"],
    });
  if (message !== "" && message.trim() === "")
    checks.invalid(path.child("message"), message, sentence);
  else if (message.trim().includes("\n"))
    checks.invalid(path.child("message"), message, "must not contain line breaks");
  if (reason !== undefined)
    checks.oneOf(path.child("reason"), reason, [
      "Forbidden",
      "Invalid",
      "RequestEntityTooLarge",
      "Unauthorized",
    ]);
}

function validateAnnotation(
  checks: FieldChecks,
  { key = "", valueExpression = "" }: AuditAnnotation,
  { path, scope, name }: Place & { readonly name: string },
): void {
  if (name === "") checks.invalid(path.child("key"), key, "requires metadata.name be non-empty");
  else checks.each(path.child("key"), key, isQualifiedName(`${name}/${key}`));
  const valuePath = path.child("valueExpression");
  const trimmed = valueExpression.trim();
  if (!checks.present(valuePath, trimmed, "valueExpression is not specified")) return;
  if (Buffer.byteLength(trimmed) > annotationBytesMax)
    checks.required(valuePath, `must not exceed ${annotationBytesMax} bytes in length`);
  else validateExpression(checks, trimmed, { path: valuePath, scope, types: ["string", "null"] });
}

export function validateMutatingPolicy(
  policy: MutatingAdmissionPolicy,
  old?: MutatingAdmissionPolicy,
): FieldError[] {
  const checks = new FieldChecks();
  const scope = { ...common(checks, policy, old), hasVariables: true, hasPatchTypes: true };
  const { matchConstraints, mutations = [], reinvocationPolicy } = policy.spec ?? {};
  onlyMutating(checks, matchConstraints, specPath.child("matchConstraints"));
  const path = specPath.child("mutations");
  if (mutations.length === 0) checks.required(path, "mutations must contain at least one item");
  for (const [index, mutation] of mutations.entries())
    validateMutation(checks, mutation, { path: path.index(index), scope });
  checks.presentOneOf(specPath.child("reinvocationPolicy"), reinvocationPolicy, [
    "IfNeeded",
    "Never",
  ]);
  return checks.errors;
}

const patchFields = { JSONPatch: "jsonPatch", ApplyConfiguration: "applyConfiguration" } as const;

function validateMutation(checks: FieldChecks, mutation: Mutation, { path, scope }: Place): void {
  const kinds = ["ApplyConfiguration", "JSONPatch"] as const;
  checks.presentOneOf(path.child("patchType"), mutation.patchType, kinds);
  const kind = kinds.find((one) => one === mutation.patchType);
  if (kind === undefined) return;
  const field = patchFields[kind];
  const other = kind === "JSONPatch" ? "applyConfiguration" : "jsonPatch";
  const given = mutation[field];
  if (given === undefined)
    checks.required(path.child(field), `must be specified when patchType is ${kind}`);
  else {
    const here = path.child(field, "expression");
    const expression = (given.expression ?? "").trim();
    const types = kind === "JSONPatch" ? (["list"] as const) : (["object"] as const);
    if (checks.present(here, expression))
      validateExpression(checks, expression, { path: here, scope, types });
  }
  if (mutation[other] !== undefined)
    checks.invalid(
      path.child(other),
      `{${other}}`,
      `must not be specified when patchType is ${kind}`,
    );
}
