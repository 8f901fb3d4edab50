import { FieldChecks } from "#apimachinery/field-checks.ts";
import { Path } from "#apimachinery/field-error.ts";
import { validateAnnotations, validateImmutable, validateLabels } from "#apimachinery/validate.ts";
import { type ResourceClaimTemplate, resourceclaimtemplates } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { validateClaimSpec } from "./claim-validation.ts";
import { defaultDevices } from "./device-requests.ts";

const specPath = new Path("spec");

export const resourceClaimTemplateResource = defineResource<ResourceClaimTemplate>({
  ref: resourceclaimtemplates,
  validate: ({ spec }) => {
    const checks = new FieldChecks();
    const { labels = {}, annotations = {} } = spec?.metadata ?? {};
    checks.add(validateLabels(labels, specPath.child("metadata", "labels")));
    checks.add(validateAnnotations(annotations, specPath.child("metadata", "annotations")));
    validateClaimSpec(checks, spec?.spec, specPath.child("spec"));
    return checks.errors;
  },
  validateUpdate: ({ spec }, old) => validateImmutable(spec, old.spec, specPath),
  metaRules: { wholeOnUpdate: false },
  default: ({ spec }) => defaultDevices(spec?.spec),
  hasGeneration: false,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
