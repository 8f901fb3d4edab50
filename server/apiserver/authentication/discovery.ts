/** What relying parties read to verify service-account tokens themselves: OpenID discovery and the keys. */
import type { TokenIssuer } from "./token-issuer.ts";

export const openIdConfigurationPath = "/.well-known/openid-configuration";
export const keySetPath = "/openid/v1/jwks";

export interface OpenIdDocument {
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

/** `externalUrl`: under which the server is reached, e.g. `https://10.0.0.5:6443`. */
export function openIdDocuments(
  { issuer, keys }: TokenIssuer,
  externalUrl: string,
): readonly OpenIdDocument[] {
  const algorithms = [...new Set(keys.map(({ alg = "" }) => alg))];
  const configuration = {
    issuer,
    jwks_uri: `${externalUrl}${keySetPath}`,
    response_types_supported: ["id_token"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: algorithms,
  };
  return [
    {
      path: openIdConfigurationPath,
      contentType: "application/json",
      body: JSON.stringify(configuration),
    },
    { path: keySetPath, contentType: "application/jwk-set+json", body: JSON.stringify({ keys }) },
  ];
}
