/** Validation of what binds an admission policy to requests and parameters. */
import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isPathSegmentName } from "#apimachinery/validate.ts";
import type {
  MutatingAdmissionPolicyBinding,
  ParamRef,
  ValidatingAdmissionPolicyBinding,
} from "#gen/api/admissionregistration/v1.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";
import { onlyMutating, validateMatchResources } from "./rule-validation.ts";

const specPath = new Path("spec");

function common({
  spec,
}: ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding): FieldChecks {
  const checks = new FieldChecks();
  checks.presentSubdomain(specPath.child("policyName"), spec?.policyName);
  validateParamRef(checks, spec?.paramRef, specPath.child("paramRef"));
  validateMatchResources(checks, spec?.matchResources, specPath.child("matchResources"));
  return checks;
}

function validateParamRef(checks: FieldChecks, reference: ParamRef | undefined, path: Path): void {
  if (reference === undefined) return;
  const { name = "", selector, parameterNotFoundAction: action } = reference;
  checks.each(path.child("name"), name, isPathSegmentName(name));
  checks.add(validateLabelSelector(selector, path.child("selector")));
  if (name !== "" && selector !== undefined)
    for (const field of ["name", "selector"])
      checks.forbidden(path.child(field), "name and selector are mutually exclusive");
  if (name === "" && selector === undefined)
    checks.required(path, "one of name or selector must be specified");
  checks.presentOneOf(path.child("parameterNotFoundAction"), action, ["Deny", "Allow"], "as given");
}

export function validateMutatingBinding(binding: MutatingAdmissionPolicyBinding): FieldError[] {
  const checks = common(binding);
  onlyMutating(checks, binding.spec?.matchResources, specPath.child("matchResources"));
  return checks.errors;
}

export function validateValidatingBinding(binding: ValidatingAdmissionPolicyBinding): FieldError[] {
  const checks = common(binding);
  const path = specPath.child("validationActions");
  const actions = binding.spec?.validationActions ?? [];
  const seen = new Set<string>();
  for (const [index, action] of actions.entries()) {
    checks.oneOf(path.index(index), action, ["Audit", "Deny", "Warn"]);
    if (seen.has(action)) checks.duplicate(path.index(index), action);
    seen.add(action);
  }
  if (seen.has("Deny") && seen.has("Warn"))
    checks.invalid(
      path,
      actions,
      "must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)",
    );
  if (seen.size === 0) checks.required(path, "at least one validation action is required");
  return checks.errors;
}
