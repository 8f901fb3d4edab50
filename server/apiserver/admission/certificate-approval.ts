/** Approving takes the right to approve for the signer. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { certificatesigningrequests } from "#gen/api/certificates/v1.ts";
import { type AdmissionParts, refused } from "./admission-parts.ts";
import { mayUse, requestIn } from "./signer-rights.ts";

export function certificateApproval({ authorizer }: AdmissionParts): AdmissionPlugin {
  return {
    name: "CertificateApproval",
    concerns: [certificatesigningrequests],
    async validate(attributes) {
      const request = requestIn(attributes, "approval");
      if (request === undefined) return;
      const { signerName } = request.spec;
      if (await mayUse(authorizer, attributes, { verb: "approve", signerName })) return;
      throw refused(
        attributes,
        `user not permitted to approve requests with signerName ${JSON.stringify(signerName)}`,
      );
    },
  };
}
