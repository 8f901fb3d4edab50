import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import { validateAnnotations, validateLabels } from "#apimachinery/validate-object-meta.ts";
import type { ObjectMeta } from "#gen/api/meta/v1.ts";
import { type ResourceClaimTemplate, resourceclaimtemplates } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateClaimSpec } from "./claim-validation.ts";
import { defaultDevices, dropDerivedAttributes } from "./device-requests.ts";

const specPath = new Path("spec");

function validate({ spec }: ResourceClaimTemplate): FieldError[] {
  const checks = new FieldChecks();
  templateMeta(checks, spec?.metadata ?? {});
  validateClaimSpec(checks, spec?.spec, specPath.child("spec"));
  return checks.errors;
}

/** Only labels and annotations reach what is made from a template. */
function templateMeta(checks: FieldChecks, { labels, annotations, ...others }: ObjectMeta): void {
  const path = specPath.child("metadata");
  checks.add(validateLabels(labels ?? {}, path.child("labels")));
  checks.add(validateAnnotations(annotations ?? {}, path.child("annotations")));
  // Upstream spells it as its own type does.
  for (const [field, value] of Object.entries(others))
    if (!isEmpty(value))
      checks.forbidden(path.child(field === "uid" ? "uID" : field), "cannot be set");
}

const isEmpty = (value: unknown): boolean => !value || (Array.isArray(value) && value.length === 0);

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
