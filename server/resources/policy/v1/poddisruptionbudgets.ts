import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isPathSegmentName } from "#apimachinery/validate.ts";
import { type PodDisruptionBudget, poddisruptionbudgets } from "#gen/api/policy/v1.ts";
import { atMostAll, intOrPercent } from "#resources/apps/v1/template-validation.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { validateConditions } from "#resources/validate-conditions.ts";
import { validateLabelSelector } from "#resources/validate-selector.ts";

const specPath = new Path("spec");
const selectorPath = specPath.child("selector");
const statusPath = new Path("status");

function validate({ spec }: PodDisruptionBudget, anyValues: boolean): FieldError[] {
  const checks = new FieldChecks();
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec;
  if (minAvailable !== undefined && maxUnavailable !== undefined)
    checks.invalid(specPath, spec, "minAvailable and maxUnavailable cannot be both set");
  for (const [field, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue;
    intOrPercent(checks, specPath.child(field), value);
    atMostAll(checks, specPath.child(field), value);
  }
  checks.add(validateLabelSelector(selector, selectorPath, { anyValues }));
  if (policy !== undefined)
    checks.oneOf(specPath.child("unhealthyPodEvictionPolicy"), policy, [
      "AlwaysAllow",
      "IfHealthyBudget",
    ]);
  return checks.errors;
}

const counts = ["disruptionsAllowed", "currentHealthy", "desiredHealthy", "expectedPods"] as const;

function validateStatusUpdate({ status }: PodDisruptionBudget): FieldError[] {
  const checks = new FieldChecks();
  checks.add(validateConditions(status?.conditions, statusPath.child("conditions")));
  for (const count of counts) checks.notNegative(statusPath.child(count), status?.[count]);
  return checks.errors;
}

export const podDisruptionBudgetResource = defineResource<PodDisruptionBudget>({
  ref: poddisruptionbudgets,
  validateName: isPathSegmentName,
  metaRules: { anyFinalizers: true, wholeOnUpdate: false, isLate: true },
  validate: (object) => validate(object, false),
  validateUpdate: (object, old) =>
    validate(object, validateLabelSelector(old.spec.selector, selectorPath).length > 0),
  validateStatusUpdate,
  prepareForCreate: (object) => {
    object.status = {
      disruptionsAllowed: 0,
      currentHealthy: 0,
      desiredHealthy: 0,
      expectedPods: 0,
    };
  },
  prepareForUpdate: keepStatus,
  allowUnconditionalUpdate: false,
  cells: (object, context) => [
    object.metadata.name,
    `${object.spec.minAvailable ?? "N/A"}`,
    `${object.spec.maxUnavailable ?? "N/A"}`,
    object.status?.disruptionsAllowed ?? 0,
    age(object, context),
  ],
});
