import {
  type StorageVersionMigration,
  storageversionmigrations,
} from "#gen/api/storagemigration/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";

export const storageVersionMigrationResource = defineResource<StorageVersionMigration>({
  ref: storageversionmigrations,
  prepareForCreate: (object) => {
    object.status = {};
  },
  prepareForUpdate: keepStatus,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: ({ metadata, spec, status }) => {
    const holds = (type: string): boolean =>
      status?.conditions?.some(
        (condition) => condition.type === type && condition.status === "True",
      ) === true;
    const { group = "", resource = "" } = spec?.resource ?? {};
    const state = ["Succeeded", "Failed", "Running"].find(holds);
    return [metadata.name, group === "" ? resource : `${resource}.${group}`, state ?? ""];
  },
});
