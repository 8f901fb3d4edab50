import { isPathSegmentName } from "#apimachinery/validate.ts";
import { type Event, events } from "#gen/api/core/v1.ts";
import { defineResource } from "#resources/resource.ts";
import { eventCells } from "./event-cells.ts";
import { eventFields } from "./event-fields.ts";
import { validateCoreEvent } from "./event-validation.ts";

export const eventResource = defineResource<Event>({
  ref: events,
  // Upstream judges names of these Events no further than that the address can carry them.
  validateName: isPathSegmentName,
  metaRules: { anyFinalizers: true, wholeOnUpdate: false, isLate: true },
  validate: validateCoreEvent,
  validateUpdate: validateCoreEvent,
  cells: eventCells,
  selectableFields: eventFields,
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
