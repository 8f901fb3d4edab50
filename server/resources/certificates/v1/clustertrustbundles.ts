import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { validateImmutable } from "#apimachinery/validate.ts";
import { type ClusterTrustBundle, clustertrustbundles } from "#gen/api/certificates/v1.ts";
import { orNone } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { signerName } from "./signer-name.ts";
import { validateTrustBundle } from "./trust-bundle.ts";
import { trustBundleNameFaults } from "./trust-bundle-name.ts";

const signerPath = new Path("spec.signerName");

function validate({ spec }: ClusterTrustBundle): FieldError[] {
  const checks = new FieldChecks();
  const signer = spec.signerName ?? "";
  if (signer !== "") signerName(checks, signerPath, signer);
  return checks.errors;
}

const anchors = ({ spec }: ClusterTrustBundle): FieldError[] =>
  validateTrustBundle(spec.trustBundle ?? "", new Path("spec.trustBundle"));

export const clusterTrustBundleResource = defineResource<ClusterTrustBundle>({
  ref: clustertrustbundles,
  validateName: (name, { spec }) => trustBundleNameFaults(name, spec.signerName ?? ""),
  validate: (object) => [...validate(object), ...anchors(object)],
  validateUpdate: (object, old) => [
    ...validate(object),
    // An unchanged bundle is not parsed again.
    ...(object.spec.trustBundle === old.spec.trustBundle ? [] : anchors(object)),
    ...validateImmutable(object.spec.signerName, old.spec.signerName, signerPath),
  ],
  selectableFields: ({ spec }) => ({ "spec.signerName": spec.signerName ?? "" }),
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: ({ metadata, spec }) => [metadata.name, orNone(spec.signerName)],
});
