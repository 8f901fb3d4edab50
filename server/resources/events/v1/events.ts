import { type Event, events } from "#gen/api/events/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const eventsEventResource = defineResource<Event>({
  ref: events,
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
