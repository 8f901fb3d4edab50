import {
  type ValidatingAdmissionPolicyBinding,
  validatingadmissionpolicybindings,
} from "#gen/api/admissionregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { defaultMatchResources } from "./match-resources.ts";
import { paramRefCell } from "./param-ref.ts";
import { validateValidatingBinding } from "./policy-binding-validation.ts";

export const validatingAdmissionPolicyBindingResource =
  defineResource<ValidatingAdmissionPolicyBinding>({
    ref: validatingadmissionpolicybindings,
    metaRules: { anyFinalizers: true },
    validate: validateValidatingBinding,
    validateUpdate: validateValidatingBinding,
    default: ({ spec }) => {
      if (spec?.matchResources !== undefined) defaultMatchResources(spec.matchResources);
    },
    allowUnconditionalUpdate: false,
    cells: (object, context) => [
      object.metadata.name,
      object.spec?.policyName ?? "",
      paramRefCell(object.spec?.paramRef),
      age(object, context),
    ],
  });
