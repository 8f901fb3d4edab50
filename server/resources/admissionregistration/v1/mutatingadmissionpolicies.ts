import {
  type MutatingAdmissionPolicy,
  mutatingadmissionpolicies,
} from "#gen/api/admissionregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { defaultMatchResources } from "./match-resources.ts";
import { validateMutatingPolicy } from "./policy-validation.ts";

export const mutatingAdmissionPolicyResource = defineResource<MutatingAdmissionPolicy>({
  ref: mutatingadmissionpolicies,
  metaRules: { anyFinalizers: true },
  validate: (object) => validateMutatingPolicy(object),
  validateUpdate: validateMutatingPolicy,
  default: ({ spec }) => {
    if (spec === undefined) return;
    spec.failurePolicy ??= "Fail";
    if (spec.matchConstraints !== undefined) defaultMatchResources(spec.matchConstraints);
  },
  allowUnconditionalUpdate: false,
  cells: (object, context) => {
    const kind = object.spec?.paramKind;
    return [
      object.metadata.name,
      object.spec?.mutations?.length ?? 0,
      kind === undefined ? "<unset>" : `${kind.apiVersion ?? ""}/${kind.kind ?? ""}`,
      age(object, context),
    ];
  },
});
