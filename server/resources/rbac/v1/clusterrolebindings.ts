import { isPathSegmentName } from "#apimachinery/validate.ts";
import { type ClusterRoleBinding, clusterrolebindings } from "#gen/api/rbac/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateBinding, validateBindingUpdate } from "./rbac-validation.ts";
import { defaultBinding, subjectCells } from "./subjects.ts";

export const clusterRoleBindingResource = defineResource<ClusterRoleBinding>({
  ref: clusterrolebindings,
  validateName: isPathSegmentName,
  validate: (binding) => validateBinding(binding, false),
  validateUpdate: (binding, old) => validateBindingUpdate(binding, old, false),
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
