import { type ComponentStatus, componentstatuses } from "#gen/api/core/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const componentStatusResource = defineResource<ComponentStatus>({
  ref: componentstatuses,
  deprecation: "v1 ComponentStatus is deprecated in v1.19+",
  hasGeneration: false,
  cells: ({ metadata, conditions = [] }) => {
    const healthy = conditions.find(({ type }) => type === "Healthy");
    const status = healthy?.status === "True" ? "Healthy" : "Unhealthy";
    const { message = "", error = "" } = healthy ?? {};
    return [metadata.name, healthy === undefined ? "Unknown" : status, message, error];
  },
});
