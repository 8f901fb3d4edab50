/** Nobody gets a client certificate of system:masters by asking for it. */
import { parseSigningRequest } from "#apimachinery/pki.ts";
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { draftOf, refused } from "./admission-parts.ts";

const apiserverClient = "kubernetes.io/kube-apiserver-client";

export function certificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: "CertificateSubjectRestriction",
    concerns: [certificatesigningrequests],
    validate(attributes) {
      if (attributes.operation !== "CREATE") return;
      const request = draftOf(attributes, certificatesigningrequests);
      if (request === undefined || request.spec.signerName !== apiserverClient) return;
      const pem = Buffer.from(request.spec.request, "base64").toString("utf8");
      if (!parseSigningRequest(pem).organizations.includes("system:masters")) return;
      throw refused(
        attributes,
        `use of ${apiserverClient} signer with system:masters group is not allowed`,
      );
    },
  };
}
