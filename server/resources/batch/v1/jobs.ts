import { type Job, jobs } from "#gen/api/batch/v1.ts";
import { age, containerCells, selectorCell } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { completionsCell, durationCell, statusCell } from "./job-cells.ts";

export const jobResource = defineResource<Job>({
  ref: jobs,
  cells: (object, context) => [
    object.metadata.name,
    statusCell(object),
    completionsCell(object),
    durationCell(object, context),
    age(object, context),
    ...containerCells(object.spec.template.spec?.containers),
    selectorCell(object.spec.selector),
  ],
});
