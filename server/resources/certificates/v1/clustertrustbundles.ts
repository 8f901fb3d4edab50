import { FieldChecks } from "#apimachinery/field-checks.ts";
import { type FieldError, Path } from "#apimachinery/field-error.ts";
import { isDNS1123Subdomain, validateImmutable } from "#apimachinery/validate.ts";
import { type ClusterTrustBundle, clustertrustbundles } from "#gen/api/certificates/v1.ts";
import { orNone } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";
import { signerName } from "./signer-name.ts";
import { validateTrustBundle } from "./trust-bundle.ts";

const signerPath = new Path("spec.signerName");

function nameFaults(name: string, signer: string): readonly string[] {
  if (signer === "")
    return name.includes(":")
      ? ['ClusterTrustBundle without signer name must not have ":" in its name']
      : isDNS1123Subdomain(name);
  const prefix = `${signer.replaceAll("/", ":")}:`;
  if (name.startsWith(prefix)) return isDNS1123Subdomain(name.slice(prefix.length));
  return [`ClusterTrustBundle for signerName ${signer} must be named with prefix ${prefix}`];
}

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
  validateName: (name, { spec }) => nameFaults(name, spec.signerName ?? ""),
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
