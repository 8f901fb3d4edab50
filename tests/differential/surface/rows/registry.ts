/** Every set of rows: one line each. */
import type { Row } from "../row.ts";
import { customResources } from "./custom.ts";
import { discovery } from "./discovery.ts";
import { valueFormats } from "./formats.ts";
import { health } from "./health.ts";
import {
  applyPatches,
  jsonPatches,
  mergePatches,
  strategicPatches,
  subresourcePatches,
} from "./patches.ts";
import { readForms, readPages, readVersions } from "./reads.ts";
import { readOthers, readSelectors, readWatches } from "./selections.ts";
import { writeBodies, writeDeletes, writeLarge, writeNames, writeOptions } from "./writes.ts";
import { writeYaml } from "./yaml.ts";

export const rowSets: Readonly<Record<string, readonly Row[]>> = {
  custom: customResources,
  formats: valueFormats,
  discovery,
  health,
  "read-forms": readForms,
  "read-versions": readVersions,
  "read-pages": readPages,
  "read-selectors": readSelectors,
  "read-watches": readWatches,
  "read-others": readOthers,
  "patch-json": jsonPatches,
  "patch-merge": mergePatches,
  "patch-strategic": strategicPatches,
  "patch-apply": applyPatches,
  "patch-subresources": subresourcePatches,
  "write-bodies": writeBodies,
  "write-options": writeOptions,
  "write-deletes": writeDeletes,
  "write-names": writeNames,
  "write-large": writeLarge,
  "write-yaml": writeYaml,
};
