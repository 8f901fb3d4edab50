import { type VolumeAttachment, volumeattachments } from "#gen/api/storage/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { keepStatus } from "#resources/strategy.ts";
import {
  validateVolumeAttachment,
  validateVolumeAttachmentUpdate,
} from "./volume-attachment-validation.ts";

export const volumeAttachmentResource = defineResource<VolumeAttachment>({
  ref: volumeattachments,
  validate: validateVolumeAttachment,
  validateUpdate: validateVolumeAttachmentUpdate,
  validateStatusUpdate: validateVolumeAttachmentUpdate,
  prepareForCreate: (object) => {
    object.status = { attached: false };
  },
  prepareForUpdate: keepStatus,
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: (object, context) => [
    object.metadata.name,
    object.spec.attacher,
    object.spec.source.persistentVolumeName ?? "",
    object.spec.nodeName,
    object.status?.attached ?? false,
    age(object, context),
  ],
});
