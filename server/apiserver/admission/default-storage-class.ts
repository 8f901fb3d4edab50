/** A claim that names no class gets the default one. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { listObjects } from "#apiserver/object-reads.ts";
import { persistentvolumeclaims } from "#gen/api/core/v1.ts";
import { storageclasses } from "#gen/api/storage/v1.ts";
import { hasNoClass } from "#resources/core/v1/claim-binding.ts";
import { defaultClass } from "#resources/storage/v1/default-class.ts";
import { type AdmissionParts, draftOf } from "./admission-parts.ts";

export function defaultStorageClass({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "DefaultStorageClass",
    concerns: [persistentvolumeclaims],
    mutate(attributes) {
      if (attributes.operation !== "CREATE") return;
      const claim = draftOf(attributes, persistentvolumeclaims);
      if (claim?.spec === undefined || !hasNoClass(claim)) return;
      const found = defaultClass(listObjects(cache, storageclasses));
      if (found !== undefined) claim.spec.storageClassName = found.metadata.name;
    },
  };
}
