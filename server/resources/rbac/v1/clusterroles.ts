import type { FieldError } from "#apimachinery/field-error.ts";
import { isPathSegmentName } from "#apimachinery/validate.ts";
import { type ClusterRole, clusterroles } from "#gen/api/rbac/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { validateAggregation, validateRules } from "./rbac-validation.ts";

function validateClusterRole({ rules, aggregationRule }: ClusterRole): FieldError[] {
  return [...validateRules(rules, false), ...validateAggregation(aggregationRule)];
}

export const clusterRoleResource = defineResource<ClusterRole>({
  ref: clusterroles,
  validateName: isPathSegmentName,
  validate: validateClusterRole,
  validateUpdate: validateClusterRole,
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
