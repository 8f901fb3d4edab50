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

export const resourceQuotaResource = defineResource<ResourceQuota>({
  ref: resourcequotas,
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
