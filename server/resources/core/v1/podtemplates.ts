import { type PodTemplate, podtemplates } from "#gen/api/core/v1.ts";
import { containerCells, formatLabels } from "#resources/cells.ts";
import { defaultPodTemplate } from "#resources/core/v1/pod-spec/defaults.ts";
import { defineResource } from "#resources/resource.ts";

export const podTemplateResource = defineResource<PodTemplate>({
  ref: podtemplates,
  default: ({ template }) => defaultPodTemplate(template),
  cells: ({ metadata, template }) => [
    metadata.name,
    ...containerCells(template?.spec?.containers),
    formatLabels(template?.metadata?.labels),
  ],
});
