import { compareQuantity, parseQuantity } from "#apimachinery/quantity.ts";
import { roundResourceList } from "#apimachinery/resource-list.ts";
import { type ResourceQuota, resourcequotas } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import {
  validateResourceQuota,
  validateResourceQuotaStatus,
  validateResourceQuotaUpdate,
} from "./resource-quota-validation.ts";

/** Requests that may be more than their limits bound nothing. */
function boundWarnings(hard: Readonly<Record<string, string>>): string[] {
  return ["cpu", "memory", "ephemeral-storage"].flatMap((name) => {
    const limitName = `limits.${name}`;
    const bare = hard[`requests.${name}`] === undefined && name !== "ephemeral-storage";
    const requestName = bare ? name : `requests.${name}`;
    const [request, limit] = [hard[requestName], hard[limitName]];
    if (request === undefined || limit === undefined) return [];
    if (compareQuantity(parseQuantity(request), parseQuantity(limit)) <= 0) return [];
    return [
      `ResourceQuota ${requestName} (${request}) should be less than ${limitName} (${limit})`,
    ];
  });
}

export const resourceQuotaResource = defineResource<ResourceQuota>({
  ref: resourcequotas,
  warnings: ({ spec }, old) => (old === undefined ? boundWarnings(spec?.hard ?? {}) : []),
  validate: validateResourceQuota,
  validateUpdate: validateResourceQuotaUpdate,
  validateStatusUpdate: validateResourceQuotaStatus,
  metaRules: { wholeOnUpdate: false },
  default: ({ spec, status }) => {
    for (const list of [spec?.hard, status?.hard, status?.used]) roundResourceList(list);
  },
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  hasGeneration: false,
  cells: (object, context) => {
    const { hard = {}, used = {} } = object.status ?? {};
    const names = Object.keys(hard).sort();
    const shown = (limits: boolean): string =>
      names
        .filter((name) => name.startsWith("limits.") === limits)
        .map((name) => `${name}: ${used[name] ?? "0"}/${hard[name]}`)
        .join(", ");
    return [object.metadata.name, shown(false), shown(true), age(object, context)];
  },
});
