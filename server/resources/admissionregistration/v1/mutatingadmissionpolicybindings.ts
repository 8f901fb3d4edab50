import {
  type MutatingAdmissionPolicyBinding,
  mutatingadmissionpolicybindings,
} from "#gen/api/admissionregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { defaultMatchResources } from "./match-resources.ts";
import { paramRefCell } from "./param-ref.ts";
import { validateMutatingBinding } from "./policy-binding-validation.ts";

export const mutatingAdmissionPolicyBindingResource =
  defineResource<MutatingAdmissionPolicyBinding>({
    ref: mutatingadmissionpolicybindings,
    metaRules: { anyFinalizers: true },
    validate: validateMutatingBinding,
    validateUpdate: validateMutatingBinding,
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
