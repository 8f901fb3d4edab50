/** JSON Web Signature with the payload left out (RFC 7515, appendix F), HS256 keyed by a bootstrap token. */
import { createHmac } from "node:crypto";

export function detachedSignature(content: string, tokenId: string, tokenSecret: string): string {
  const header = base64url(JSON.stringify({ alg: "HS256", kid: tokenId }));
  const signed = `${header}.${base64url(content)}`;
  const signature = createHmac("sha256", tokenSecret).update(signed).digest("base64url");
  return `${header}..${signature}`;
}

function base64url(text: string): string {
  return Buffer.from(text).toString("base64url");
}
