/** Warnings about a certificate and its key that cannot serve together, in the words of upstream's TLS. */
import { Buffer } from "node:buffer";
import { createPrivateKey, X509Certificate } from "node:crypto";

const hasBlock = (pem: string, kind: RegExp): boolean =>
  [...pem.matchAll(/-----BEGIN ([^-\n]*)-----/g)].some(([, type = ""]) => kind.test(type));

/** Both as a Secret's data has them: PEM in base64. */
export function keyPairWarnings(data: Readonly<Record<string, string>> | undefined): string[] {
  const pemOf = (name: string): string =>
    Buffer.from(data?.[name] ?? "", "base64").toString("latin1");
  const [certificate, key] = [pemOf("tls.crt"), pemOf("tls.key")];
  if (!certificate.includes("-----BEGIN "))
    return ["tls: failed to find any PEM data in certificate input"];
  if (!hasBlock(certificate, /^CERTIFICATE$/))
    return ['tls: failed to find "CERTIFICATE" PEM block in certificate input'];
  if (!key.includes("-----BEGIN ")) return ["tls: failed to find any PEM data in key input"];
  if (!hasBlock(key, /PRIVATE KEY$/))
    return ["tls: found a certificate rather than a key in the PEM for the private key"];
  try {
    const parsed = new X509Certificate(certificate);
    return parsed.checkPrivateKey(createPrivateKey(key))
      ? []
      : ["tls: private key does not match public key"];
  } catch {
    return ["tls: failed to parse private key"];
  }
}
