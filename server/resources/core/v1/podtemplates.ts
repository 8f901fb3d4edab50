import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { type PodTemplate, podtemplates } from "#gen/api/core/v1.ts";
import { containerCells, formatLabels } from "#resources/cells.ts";
import { defaultPodTemplate } from "#resources/core/v1/pod-spec/defaults.ts";
import { dropDisabledPodFields } from "#resources/core/v1/pod-spec/disabled-fields.ts";
import { defineResource } from "#resources/resource.ts";
import { templateWarnings } from "#resources/warnings/pod-template.ts";
import { validatePodTemplate } from "./pod-spec/validate-pod-spec.ts";

function validateTemplate({ template }: PodTemplate): FieldError[] {
  return validatePodTemplate(template ?? {}, new Path("template"));
}

export const podTemplateResource = defineResource<PodTemplate>({
  ref: podtemplates,
  metaRules: { wholeOnUpdate: false },
  warnings: ({ template }) => templateWarnings(template, new Path("template")),
  validate: validateTemplate,
  validateUpdate: validateTemplate,
  default: ({ template }) => defaultPodTemplate(template),
  dropDisabled: ({ template }) => dropDisabledPodFields(template?.spec),
  cells: ({ metadata, template }) => [
    metadata.name,
    ...containerCells(template?.spec?.containers),
    formatLabels(template?.metadata?.labels),
  ],
});
