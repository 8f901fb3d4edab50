import { type Event, events } from "#gen/api/core/v1.ts";
import { defineResource } from "#resources/resource.ts";

export const eventResource = defineResource<Event>({
  ref: events,
  hasGeneration: false,
  allowCreateOnUpdate: true,
});
