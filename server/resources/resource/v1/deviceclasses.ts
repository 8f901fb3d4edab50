import { type DeviceClass, deviceclasses } from "#gen/api/resource/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const deviceClassResource = defineResource<DeviceClass>({
  ref: deviceclasses,
  cells: (object, context) => [object.metadata.name, age(object, context)],
});
