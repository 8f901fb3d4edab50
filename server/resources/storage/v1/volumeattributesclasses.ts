import { type VolumeAttributesClass, volumeattributesclasses } from "#gen/api/storage/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

export const volumeAttributesClassResource = defineResource<VolumeAttributesClass>({
  ref: volumeattributesclasses,
  hasGeneration: false,
  cells: (object, context) => [object.metadata.name, object.driverName, age(object, context)],
});
