import { type APIService, apiservices } from "#gen/api/apiregistration/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";

export const apiServiceResource = defineResource<APIService>({
  ref: apiservices,
  default: ({ spec }) => {
    if (spec?.service !== undefined) spec.service.port ??= 443;
  },
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
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
