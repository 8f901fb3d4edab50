import { type IngressClass, ingressclasses } from "#gen/api/networking/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const ingressClassResource = defineResource<IngressClass>({
  ref: ingressclasses,
  default: ({ spec }) => {
    if (spec.parameters !== undefined) spec.parameters.scope ??= "Cluster";
  },
  cells: (object, context) => {
    const { metadata, spec } = object;
    const isDefault =
      metadata.annotations?.["ingressclass.kubernetes.io/is-default-class"] === "true";
    const { parameters } = spec;
    const group = parameters?.apiGroup === undefined ? "" : `.${parameters.apiGroup}`;
    return [
      isDefault ? `${metadata.name} (default)` : metadata.name,
      spec.controller ?? "",
      parameters === undefined ? "<none>" : `${parameters.kind}${group}/${parameters.name}`,
      age(object, context),
    ];
  },
});
