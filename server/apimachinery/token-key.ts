/** Keys of service-account tokens: how they sign, and by which name a token's header points to its key. */
import { createHash, createPublicKey, type KeyObject } from "node:crypto";

export type TokenAlgorithm = "RS256" | "ES256" | "ES384" | "ES512";

export interface TokenKey {
  readonly publicKey: KeyObject;
  readonly algorithm: TokenAlgorithm;
  /** The header's `kid`, as upstream derives it. */
  readonly id: string;
}

const algorithmOfCurve: Readonly<Record<string, TokenAlgorithm>> = {
  prime256v1: "ES256",
  secp384r1: "ES384",
  secp521r1: "ES512",
};

/** `pem`: a private or a public key. Throws on what is neither RSA nor ECDSA. */
export function tokenKeyOf(pem: string): TokenKey {
  const publicKey = createPublicKey(pem);
  const curve = publicKey.asymmetricKeyDetails?.namedCurve ?? "";
  const algorithm = publicKey.asymmetricKeyType === "rsa" ? "RS256" : algorithmOfCurve[curve];
  if (algorithm === undefined) throw new Error("a service-account key must be RSA or ECDSA");
  const spki = publicKey.export({ type: "spki", format: "der" });
  return { publicKey, algorithm, id: createHash("sha256").update(spki).digest("base64url") };
}
