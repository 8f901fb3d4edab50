import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import {
  type ValidatingAdmissionPolicy,
  validatingadmissionpolicies,
} from "#gen/api/admissionregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { validateConditions } from "#resources/validate-conditions.ts";
import { defaultMatchResources } from "./match-resources.ts";
import { validateValidatingPolicy } from "./policy-validation.ts";

const statusPath = new Path("status");
/** What stands in a way through an object: names, numbers, text, indices in brackets, one step down or any. */
const step =
  /\s|[@$]|\[[^\]]+\]|"[^"]*"|'[^']*'|\.\.|\.[^\s.,[\]$@{}]*|[+-]?\d+(?:\.\d*)?(?![\d.])|[\p{L}_][^\s.,[\]$@{}]*/uy;

/** As kubectl's JSONPath reads it. */
function isWay(text: string): boolean {
  step.lastIndex = 0;
  while (step.lastIndex < text.length) if (!step.test(text)) return false;
  return true;
}

/** What the type checker and the server's controller say. */
function validateStatus({ status }: ValidatingAdmissionPolicy): FieldError[] {
  const checks = new FieldChecks();
  const path = statusPath.child("typeChecking", "expressionWarnings");
  for (const [index, warning] of (status?.typeChecking?.expressionWarnings ?? []).entries()) {
    const here = path.index(index);
    const { fieldRef } = warning;
    if (checks.present(here.child("fieldRef"), fieldRef) && !isWay(fieldRef))
      checks.invalid(here.child("fieldRef"), fieldRef, "invalid JSONPath");
    checks.present(here.child("warning"), warning.warning);
  }
  checks.add(validateConditions(status?.conditions, statusPath.child("conditions")));
  return checks.errors;
}

export const validatingAdmissionPolicyResource = defineResource<ValidatingAdmissionPolicy>({
  ref: validatingadmissionpolicies,
  metaRules: { anyFinalizers: true },
  validate: (object) => validateValidatingPolicy(object),
  validateUpdate: validateValidatingPolicy,
  default: ({ spec }) => {
    if (spec === undefined) return;
    spec.failurePolicy ??= "Fail";
    if (spec.matchConstraints !== undefined) defaultMatchResources(spec.matchConstraints);
  },
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  validateStatusUpdate: validateStatus,
  allowUnconditionalUpdate: false,
  cells: (object, context) => {
    const kind = object.spec?.paramKind;
    return [
      object.metadata.name,
      object.spec?.validations?.length ?? 0,
      kind === undefined ? "<unset>" : `${kind.apiVersion ?? ""}/${kind.kind ?? ""}`,
      age(object, context),
    ];
  },
});
