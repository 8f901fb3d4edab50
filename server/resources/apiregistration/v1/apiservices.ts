import { type APIService, apiservices } from "#gen/api/apiregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const apiServiceResource = defineResource<APIService>({
  ref: apiservices,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: (object, context) => {
    const service = object.spec?.service;
    const available = object.status?.conditions?.find(({ type }) => type === "Available");
    const verdict = available?.status ?? "Unknown";
    const reason = available?.reason ?? "";
    return [
      object.metadata.name,
      service === undefined ? "Local" : `${service.namespace ?? ""}/${service.name ?? ""}`,
      verdict === "True" || reason === "" ? verdict : `${verdict} (${reason})`,
      age(object, context),
    ];
  },
});
