import { type StorageClass, storageclasses } from "#gen/api/storage/v1.ts";
import { age } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

const isDefault = ({ metadata }: StorageClass): boolean =>
  [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
  ].some((name) => metadata.annotations?.[name] === "true");

export const storageClassResource = defineResource<StorageClass>({
  ref: storageclasses,
  default: (storageClass) => {
    storageClass.reclaimPolicy ??= "Delete";
    storageClass.volumeBindingMode ??= "Immediate";
  },
  hasGeneration: false,
  cells: (object, context) => [
    isDefault(object) ? `${object.metadata.name} (default)` : object.metadata.name,
    object.provisioner,
    object.reclaimPolicy ?? "Delete",
    object.volumeBindingMode ?? "Immediate",
    object.allowVolumeExpansion ?? false,
    age(object, context),
  ],
});
