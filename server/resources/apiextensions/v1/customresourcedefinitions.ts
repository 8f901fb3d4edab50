import {
  type CustomResourceDefinition,
  customresourcedefinitions,
} from "#gen/api/apiextensions/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const customResourceDefinitionResource = defineResource<CustomResourceDefinition>({
  ref: customresourcedefinitions,
  allowUnconditionalUpdate: false,
  cells: ({ metadata, spec, status }) => {
    const { acceptedNames, conditions } = status ?? {};
    const established = conditions?.find(({ type }) => type === "Established");
    return [
      metadata.name,
      spec.scope,
      (spec.versions ?? []).map(({ name }) => name).join(","),
      metadata.creationTimestamp ?? "",
      spec.group,
      spec.names.kind,
      (acceptedNames?.shortNames ?? spec.names.shortNames ?? []).join(","),
      established?.status === "True",
    ];
  },
});
