import { type Event as CoreEvent, events as coreEvents } from "#gen/api/core/v1.ts";
import { type Event, events } from "#gen/api/events/v1.ts";
import { eventCells } from "#resources/core/v1/event-cells.ts";
import { eventFields } from "#resources/core/v1/event-fields.ts";
import { validateNewEvent, validateNewEventUpdate } from "#resources/core/v1/event-validation.ts";
import { defineResource } from "#resources/resource.ts";
import { fromCore, toCore } from "./event-conversion.ts";

export const eventsEventResource = defineResource<Event>({
  ref: events,
  metaRules: { wholeOnUpdate: false },
  validate: (event) => validateNewEvent(toCore(event)),
  validateUpdate: (event, old) => validateNewEventUpdate(toCore(event), toCore(old)),
  hasGeneration: false,
  allowCreateOnUpdate: true,
  storedAs: {
    ref: coreEvents,
    toStored: toCore,
    // The store holds nothing but core events under that key.
    fromStored: (object) => fromCore(object as CoreEvent),
  },
  selectableFields: (event) => eventFields(toCore(event)),
  cells: (event, context) => eventCells(toCore(event), context),
});
