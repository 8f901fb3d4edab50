/** Volumes, claims and volume attributes classes in use cannot vanish: a finalizer holds them. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { persistentvolumeclaims, persistentvolumes } from "#gen/api/core/v1.ts";
import { volumeattributesclasses } from "#gen/api/storage/v1.ts";
import { isOf } from "./admission-parts.ts";

const protections = [
  [persistentvolumes, "kubernetes.io/pv-protection"],
  [persistentvolumeclaims, "kubernetes.io/pvc-protection"],
  [volumeattributesclasses, "kubernetes.io/vac-protection"],
] as const;

export function storageObjectInUseProtection(): AdmissionPlugin {
  return {
    name: "StorageObjectInUseProtection",
    mutate(attributes) {
      if (attributes.operation !== "CREATE" || attributes.subresource !== "") return;
      const [, finalizer] = protections.find(([ref]) => isOf(attributes, ref)) ?? [];
      const metadata = attributes.object?.metadata;
      if (finalizer === undefined || metadata === undefined) return;
      if (metadata.finalizers?.includes(finalizer)) return;
      metadata.finalizers = [...(metadata.finalizers ?? []), finalizer];
    },
  };
}
