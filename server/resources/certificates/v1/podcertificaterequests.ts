import { type PodCertificateRequest, podcertificaterequests } from "#gen/api/certificates/v1.ts";
import { formatLabels } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

/** A day. */
const expirationSecondsDefault = 86_400;

export const podCertificateRequestResource = defineResource<PodCertificateRequest>({
  ref: podcertificaterequests,
  // A node watches its own pods' requests by its name.
  selectableFields: ({ spec }) => ({
    "spec.signerName": spec.signerName,
    "spec.podName": spec.podName,
    "spec.nodeName": spec.nodeName,
  }),
  default: ({ spec }) => {
    spec.maxExpirationSeconds ??= expirationSecondsDefault;
  },
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  cells: ({ metadata, spec, status }) => {
    const verdicts = ["Issued", "Denied", "Failed"];
    const verdict = status?.conditions?.findLast(({ type }) => verdicts.includes(type));
    return [
      metadata.name,
      spec.podName,
      spec.serviceAccountName,
      spec.nodeName,
      spec.signerName,
      verdict?.type ?? "Pending",
      formatLabels(spec.unverifiedUserAnnotations),
    ];
  },
});
