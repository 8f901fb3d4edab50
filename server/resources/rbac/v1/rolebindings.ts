import { isPathSegmentName } from "#apimachinery/validate.ts";
import { type RoleBinding, rolebindings } from "#gen/api/rbac/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateBinding, validateBindingUpdate } from "./rbac-validation.ts";
import { defaultBinding, subjectCells } from "./subjects.ts";

export const roleBindingResource = defineResource<RoleBinding>({
  ref: rolebindings,
  validateName: isPathSegmentName,
  validate: (binding) => validateBinding(binding, true),
  validateUpdate: (binding, old) => validateBindingUpdate(binding, old, true),
  default: defaultBinding,
  hasGeneration: false,
  allowCreateOnUpdate: true,
  cells: (object, context) => [
    object.metadata.name,
    `${object.roleRef.kind}/${object.roleRef.name}`,
    age(object, context),
    ...subjectCells(object.subjects),
  ],
});
