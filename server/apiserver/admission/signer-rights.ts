/** Rights on signers: on one's name, or on all of a domain, `example.com/*`. */
import type { AdmissionAttributes, Authorizer } from "#apiserver/attributes.ts";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
} from "#gen/api/certificates/v1.ts";
import { isOf } from "./admission-parts.ts";

export async function mayUse(
  authorizer: Authorizer,
  { user }: AdmissionAttributes,
  { verb, signerName }: { readonly verb: string; readonly signerName: string },
): Promise<boolean> {
  const [domain = ""] = signerName.split("/");
  for (const name of [signerName, `${domain}/*`]) {
    const decision = await authorizer.authorize({
      user,
      verb,
      isResourceRequest: true,
      path: "",
      group: "certificates.k8s.io",
      version: "*",
      resource: "signers",
      subresource: "",
      namespace: "",
      name,
    });
    if (decision.allowed) return true;
  }
  return false;
}

/** A request's new state in its subresource. */
export function requestIn(
  attributes: AdmissionAttributes,
  subresource: string,
): CertificateSigningRequest | undefined {
  if (!isOf(attributes, certificatesigningrequests)) return undefined;
  if (attributes.operation !== "UPDATE" || attributes.subresource !== subresource) return undefined;
  // The resource decides the object's type, also in its subresources.
  return attributes.object as CertificateSigningRequest | undefined;
}
