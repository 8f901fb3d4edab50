/** Putting a certificate or a failure into a request takes the right to sign for the signer. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
} from "#gen/api/certificates/v1.ts";
import { type AdmissionParts, oldOf, refused } from "./admission-parts.ts";
import { mayUse, requestIn } from "./signer-rights.ts";

export function certificateSigning({ authorizer }: AdmissionParts): AdmissionPlugin {
  return {
    name: "CertificateSigning",
    concerns: [certificatesigningrequests],
    async validate(attributes) {
      const request = requestIn(attributes, "status");
      const old = oldOf(attributes, certificatesigningrequests);
      if (request === undefined) return;
      const failed = (of: CertificateSigningRequest | undefined) =>
        of?.status?.conditions?.filter(({ type }) => type === "Failed") ?? [];
      const untouched =
        request.status?.certificate === old?.status?.certificate &&
        deepEqual(failed(request), failed(old));
      if (untouched) return;
      const { signerName } = request.spec;
      if (await mayUse(authorizer, attributes, { verb: "sign", signerName })) return;
      throw refused(
        attributes,
        `user not permitted to sign requests with signerName ${JSON.stringify(signerName)}`,
      );
    },
  };
}
