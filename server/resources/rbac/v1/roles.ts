import { isPathSegmentName } from "#apimachinery/validate.ts";
import { type Role, roles } from "#gen/api/rbac/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { validateRules } from "./rbac-validation.ts";

export const roleResource = defineResource<Role>({
  ref: roles,
  validateName: isPathSegmentName,
  validate: ({ rules }) => validateRules(rules, true),
  validateUpdate: ({ rules }) => validateRules(rules, true),
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
