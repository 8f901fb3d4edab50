import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import { type ResourceClaimTemplate, resourceclaimtemplates } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateTemplateMeta } from "#resources/template-meta.ts";
import { validateClaimSpec } from "./claim-validation.ts";
import { defaultDevices, dropDerivedAttributes } from "./device-requests.ts";

const specPath = new Path("spec");

function validate({ spec }: ResourceClaimTemplate): FieldError[] {
  const checks = new FieldChecks();
  validateTemplateMeta(checks, spec?.metadata ?? {}, specPath.child("metadata"));
  validateClaimSpec(checks, spec?.spec, specPath.child("spec"));
  return checks.errors;
}

export const resourceClaimTemplateResource = defineResource<ResourceClaimTemplate>({
  ref: resourceclaimtemplates,
  validate,
  validateUpdate: (object, old) => [
    ...validate(object),
    ...validateImmutable(object.spec, old.spec, specPath),
  ],
  default: ({ spec }) => defaultDevices(spec?.spec),
  dropDisabled: ({ spec }) => dropDerivedAttributes(spec?.spec),
  hasGeneration: false,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
