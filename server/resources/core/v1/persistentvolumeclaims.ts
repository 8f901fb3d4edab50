import { Path } from "#apimachinery/field-error.ts";
import { roundResourceList } from "#apimachinery/resource-list.ts";
import { type PersistentVolumeClaim, persistentvolumeclaims } from "#gen/api/core/v1.ts";
import { age } from "#resources/cells.ts";
import { drop } from "#resources/drop.ts";
import { defineResource } from "#resources/resource.ts";
import { claimSpecWarnings } from "#resources/warnings/claims.ts";
import { accessModesCell } from "./access-modes.ts";
import { classAnnotation, classNameOf } from "./claim-binding.ts";
import { validateClaim, validateClaimStatus, validateClaimUpdate } from "./claim-validation.ts";
import { settleDataSources } from "./data-sources.ts";
import { defaultClaimSpec } from "./pod-spec/volume-defaults.ts";

export const persistentVolumeClaimResource = defineResource<PersistentVolumeClaim>({
  ref: persistentvolumeclaims,
  warnings: ({ metadata, spec }) => [
    ...(metadata.annotations?.[classAnnotation] === undefined
      ? []
      : [
          `metadata.annotations[${classAnnotation}]: deprecated since v1.8; use "storageClassName" attribute instead`,
        ]),
    ...claimSpecWarnings(spec, new Path("spec")),
  ],
  validate: validateClaim,
  validateUpdate: validateClaimUpdate,
  validateStatusUpdate: validateClaimStatus,
  default: (claim) => {
    defaultClaimSpec(claim.spec);
    claim.status ??= {};
    claim.status.phase ||= "Pending";
    roundResourceList(claim.status.capacity);
    roundResourceList(claim.status.allocatedResources);
  },
  prepareForCreate: (claim) => {
    claim.status = { phase: "Pending" };
    settleDataSources(claim.spec);
  },
  prepareForUpdate: (claim, old) => {
    claim.status = old.status;
    settleDataSources(claim.spec, old.spec);
  },
  prepareForStatusUpdate: (claim, old) => {
    claim.spec = old.spec;
    // Health of volumes belongs to a feature that is off.
    if (old.status?.healthStatus === undefined) drop(claim.status, "healthStatus");
  },
  hasGeneration: false,
  cells: (object, context) => {
    const { spec, status, metadata } = object;
    const bound = (spec.volumeName ?? "") !== "";
    return [
      metadata.name,
      metadata.deletionTimestamp === undefined ? (status?.phase ?? "") : "Terminating",
      spec.volumeName ?? "",
      bound ? (status?.capacity?.["storage"] ?? "0") : "",
      bound ? accessModesCell(status?.accessModes) : "",
      classNameOf(object),
      spec.volumeAttributesClassName ?? "<unset>",
      age(object, context),
      spec.volumeMode ?? "<unset>",
    ];
  },
});
