/** A claim grows only where its class allows it. */
import { compareQuantity, parseQuantity } from "#apimachinery/quantity.ts";
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { type PersistentVolumeClaim, persistentvolumeclaims } from "#gen/api/core/v1.ts";
import { storageclasses } from "#gen/api/storage/v1.ts";
import { classNameOf } from "#resources/core/v1/claim-binding.ts";
import { type AdmissionParts, draftOf, oldOf, refused } from "./admission-parts.ts";

function storageOf({ spec }: PersistentVolumeClaim): string {
  return spec?.resources?.requests?.["storage"] ?? "0";
}

export function persistentVolumeClaimResize({ cache }: AdmissionParts): AdmissionPlugin {
  return {
    name: "PersistentVolumeClaimResize",
    concerns: [persistentvolumeclaims],
    validate(attributes) {
      if (attributes.operation !== "UPDATE") return;
      const claim = draftOf(attributes, persistentvolumeclaims);
      const old = oldOf(attributes, persistentvolumeclaims);
      if (claim === undefined || old === undefined) return;
      const grown =
        compareQuantity(parseQuantity(storageOf(claim)), parseQuantity(storageOf(old))) > 0;
      if (!grown) return;
      if (old.status?.phase !== "Bound") {
        throw refused(attributes, "Only bound persistent volume claims can be expanded");
      }
      const found = getObject(cache, storageclasses, { name: classNameOf(claim) });
      if (found?.allowVolumeExpansion === true) return;
      throw refused(
        attributes,
        "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
      );
    },
  };
}
