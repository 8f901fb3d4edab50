import {
  type ValidatingAdmissionPolicy,
  validatingadmissionpolicies,
} from "#gen/api/admissionregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import { defaultMatchResources } from "./match-resources.ts";
import { validateValidatingPolicy } from "./policy-validation.ts";

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
