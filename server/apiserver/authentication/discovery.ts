/** What relying parties read to verify service-account tokens themselves: OpenID discovery and the keys. */
import type { Routes } from "#apiserver/app.ts";
import { methodNotAllowed } from "#apiserver/dispatch-refusals.ts";
import { refuseUnproduced } from "#apiserver/negotiation.ts";
import type { TokenIssuer } from "./token-issuer.ts";

const openIdConfigurationPath = "/.well-known/openid-configuration";
const keySetPath = "/openid/v1/jwks";

interface OpenIdDocument {
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

export function addOpenIdRoutes(
  routes: Routes,
  parts: { readonly issuer?: TokenIssuer; readonly serverAddress?: string },
): void {
  const { issuer, serverAddress = "kubernetes.default.svc" } = parts;
  if (issuer === undefined) return;
  for (const { path, contentType, body } of openIdDocuments(issuer, `https://${serverAddress}`)) {
    // Keys rotate with a restart only; an hour is upstream's answer too.
    const headers = { "content-type": contentType, "cache-control": "public, max-age=3600" };
    routes.all(path, ({ req: { raw } }) => {
      if (raw.method !== "GET") throw methodNotAllowed();
      refuseUnproduced(raw.headers.get("accept"), [contentType]);
      return new Response(body, { headers });
    });
  }
}
