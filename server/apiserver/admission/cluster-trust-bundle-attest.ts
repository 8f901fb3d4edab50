/** Publishing a signer's trust bundle takes the right to attest for the signer. */
import type { AdmissionPlugin } from "#apiserver/attributes.ts";
import { clustertrustbundles } from "#gen/api/certificates/v1.ts";
import { type AdmissionParts, draftOf, refused } from "./admission-parts.ts";
import { mayUse } from "./signer-rights.ts";

export function clusterTrustBundleAttest({ authorizer }: AdmissionParts): AdmissionPlugin {
  return {
    name: "ClusterTrustBundleAttest",
    concerns: [clustertrustbundles],
    async validate(attributes) {
      const bundle = draftOf(attributes, clustertrustbundles);
      const signerName = bundle?.spec.signerName ?? "";
      if (bundle === undefined || signerName === "") return;
      if (await mayUse(authorizer, attributes, { verb: "attest", signerName })) return;
      throw refused(
        attributes,
        `user not permitted to attest for signerName ${JSON.stringify(signerName)}`,
      );
    },
  };
}
