/**
 * Signs and verifies service-account tokens. One private key signs; any of the public keys verifies, so that
 * keys can be rotated and tokens of an earlier RSA installation stay good. A verified token is remembered:
 * its signature cannot change, while what it is bound to is looked at on every request.
 */
import { compactVerify, exportJWK, importPKCS8, importSPKI, type JWK, SignJWT } from "jose";
import { Recent } from "#apimachinery/recent.ts";
import { type TokenAlgorithm, tokenKeyOf } from "#apimachinery/token-key.ts";
import {
  claimsPayload,
  isRecord,
  readClaims,
  type ServiceAccountClaims,
} from "./service-account-claims.ts";

/** How many verified tokens are remembered; the oldest are forgotten first. About 2 KB each. */
const rememberedTokensMax = 20_000;

export interface TokenIssuer {
  readonly issuer: string;
  issue(claims: ServiceAccountClaims): Promise<string>;
  /** What a token says that one of the keys signed, whoever issued it. */
  signedPayload(token: string): Promise<Readonly<Record<string, unknown>> | undefined>;
  /** Signature and issuer only: times and bound objects are for the caller, who has clock and cache. */
  verify(token: string): Promise<ServiceAccountClaims | undefined>;
  /** The public keys as /openid/v1/jwks shows them. */
  readonly keys: readonly JWK[];
}

interface VerifyingKey {
  readonly id: string;
  readonly algorithm: TokenAlgorithm;
  readonly key: CryptoKey;
  readonly jwk: JWK;
}

async function verifyingKey(pem: string): Promise<VerifyingKey> {
  const { publicKey, algorithm, id } = tokenKeyOf(pem);
  const key = await importSPKI(
    publicKey.export({ type: "spki", format: "pem" }).toString(),
    algorithm,
    {
      extractable: true,
    },
  );
  const jwk = { use: "sig", ...(await exportJWK(key)), kid: id, alg: algorithm };
  return { id, algorithm, key, jwk };
}

/** The header's key id, without trusting anything. */
function keyIdOf(token: string): string | undefined {
  try {
    const header: unknown = JSON.parse(
      Buffer.from(token.slice(0, token.indexOf(".")), "base64url").toString("utf8"),
    );
    if (typeof header !== "object" || header === null || !("kid" in header)) return undefined;
    return typeof header.kid === "string" ? header.kid : undefined;
  } catch {
    return undefined;
  }
}

/** `privateKey`: PKCS #8 PEM. `publicKeys`: further keys whose tokens are still good, PEM. */
export async function openTokenIssuer(parts: {
  readonly issuer: string;
  readonly privateKey: string;
  readonly publicKeys?: readonly string[];
}): Promise<TokenIssuer> {
  const { issuer, privateKey, publicKeys = [] } = parts;
  const signer = await verifyingKey(privateKey);
  const signing = await importPKCS8(privateKey, signer.algorithm);
  const others = await Promise.all(publicKeys.map(verifyingKey));
  const verifiers = [signer, ...others.filter(({ id }) => id !== signer.id)];
  const remembered = new Recent<ServiceAccountClaims>(rememberedTokensMax);
  const signedPayload: TokenIssuer["signedPayload"] = async (token) => {
    const id = keyIdOf(token);
    const candidates = id === undefined ? verifiers : verifiers.filter((key) => key.id === id);
    for (const { key, algorithm } of candidates) {
      try {
        const { payload } = await compactVerify(token, key, { algorithms: [algorithm] });
        const claimed: unknown = JSON.parse(new TextDecoder().decode(payload));
        return isRecord(claimed) ? claimed : undefined;
      } catch {
        // Not this key's, or no token at all: the next key decides.
      }
    }
    return undefined;
  };
  return {
    issuer,
    signedPayload,
    keys: verifiers.map(({ jwk }) => jwk),
    issue: (claims) =>
      new SignJWT({ ...claimsPayload(claims, issuer) })
        .setProtectedHeader({ alg: signer.algorithm, kid: signer.id })
        .sign(signing),
    async verify(token) {
      const known = remembered.get(token);
      if (known !== undefined) return known;
      const payload = await signedPayload(token);
      const claims = payload?.["iss"] === issuer ? readClaims(payload) : undefined;
      if (claims === undefined) return undefined;
      remembered.set(token, claims);
      return claims;
    },
  };
}
