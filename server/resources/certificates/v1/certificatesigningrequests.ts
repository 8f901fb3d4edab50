import { humanDuration } from "#apimachinery/duration.ts";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
} from "#gen/api/certificates/v1.ts";
import { age, orNone } from "#resources/cells.ts";
import { defineResource } from "#resources/resource.ts";

function conditionCell({ status }: CertificateSigningRequest): string {
  const has = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type) === true;
  const verdict = has("Denied") ? "Denied" : has("Approved") ? "Approved" : "Pending";
  const failed = has("Failed") ? ",Failed" : "";
  return `${verdict}${failed}${(status?.certificate ?? "") === "" ? "" : ",Issued"}`;
}

export const certificateSigningRequestResource = defineResource<CertificateSigningRequest>({
  ref: certificatesigningrequests,
  hasGeneration: false,
  cells: (object, context) => {
    const { signerName, username = "", expirationSeconds } = object.spec;
    return [
      object.metadata.name,
      age(object, context),
      orNone(signerName),
      username,
      expirationSeconds === undefined ? "<none>" : humanDuration(expirationSeconds * 1000),
      conditionCell(object),
    ];
  },
});
