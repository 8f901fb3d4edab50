/**
 * Certificates: authorities, what they issue, and signing requests (PKCS #10), all PEM in and out.
 * Keys are ECDSA P-256 unless a request brings its own. The clock is a parameter; keys and serial
 * numbers come from WebCrypto.
 */
// @peculiar/x509 wires its algorithms by decorators and needs the polyfill loaded before it.
import "reflect-metadata";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Name,
  PemConverter,
  Pkcs10CertificateRequest,
  Pkcs10CertificateRequestGenerator,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { badRequest } from "#apimachinery/status.ts";

/** A certificate and its private key (PKCS #8), both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

export type CertificateUsage = "serverAuth" | "clientAuth";

/** Who a certificate speaks for. */
export interface Subject {
  readonly commonName: string;
  readonly organizations?: readonly string[] | undefined;
  readonly dnsNames?: readonly string[] | undefined;
  readonly ipAddresses?: readonly string[] | undefined;
}

export interface SigningRequest {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly dnsNames: readonly string[];
  readonly ipAddresses: readonly string[];
  readonly emailAddresses: readonly string[];
  readonly uris: readonly string[];
}

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const secondsOfDay = 24 * 60 * 60;
/** Clocks of other machines may be behind: a certificate is valid from five minutes before it was made. */
const backdatedSeconds = 5 * 60;

const usageOids: Record<CertificateUsage, string> = {
  serverAuth: ExtendedKeyUsage.serverAuth,
  clientAuth: ExtendedKeyUsage.clientAuth,
};

function shifted(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}

function distinguishedName({ commonName, organizations = [] }: Subject): Name {
  const attributes = organizations.map((organization) => ({ O: [organization] }));
  return new Name([...attributes, { CN: [commonName] }]);
}

function alternativeNames(subject: Subject): Extension[] {
  const names = [
    ...(subject.dnsNames ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(subject.ipAddresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  return names.length === 0 ? [] : [new SubjectAlternativeNameExtension(names)];
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(ecdsa, true, ["sign", "verify"]);
}

async function privateKeyPem(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

/** The signing half of a key pair, imported from its PEM. */
function signingKey(privateKey: string): Promise<CryptoKey> {
  const bytes = PemConverter.decodeFirst(privateKey);
  return crypto.subtle.importKey("pkcs8", bytes, ecdsa, false, ["sign"]);
}

/** A self-signed authority, valid for ten years as upstream's tools make it. */
export async function createAuthority({
  commonName,
  now,
}: {
  readonly commonName: string;
  readonly now: Date;
}): Promise<KeyPair> {
  const keys = await newKeys();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: distinguishedName({ commonName }),
    notBefore: shifted(now, -backdatedSeconds),
    notAfter: shifted(now, 3650 * secondsOfDay),
    keys,
    signingAlgorithm: ecdsa,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(
        KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment | KeyUsageFlags.keyCertSign,
        true,
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: certificate.toString("pem"),
    privateKey: await privateKeyPem(keys.privateKey),
  };
}

interface Issue {
  readonly authority: KeyPair;
  readonly subject: Subject;
  readonly publicKey: CryptoKey;
  readonly usages: readonly CertificateUsage[];
  readonly now: Date;
  readonly seconds: number;
}

async function issue(parts: Issue): Promise<string> {
  const { authority, subject, publicKey, usages, now, seconds } = parts;
  const issuer = new X509Certificate(authority.certificate);
  const notAfter = new Date(Math.min(shifted(now, seconds).getTime(), issuer.notAfter.getTime()));
  const certificate = await X509CertificateGenerator.create({
    subject: distinguishedName(subject),
    issuer: issuer.subjectName,
    publicKey,
    signingKey: await signingKey(authority.privateKey),
    signingAlgorithm: ecdsa,
    notBefore: shifted(now, -backdatedSeconds),
    notAfter,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension(usages.map((usage) => usageOids[usage])),
      ...alternativeNames(subject),
    ],
  });
  return certificate.toString("pem");
}

/** A new key and a certificate for it; never outlives its authority. */
export async function issueCertificate(
  authority: KeyPair,
  parts: Subject & {
    readonly usages: readonly CertificateUsage[];
    readonly now: Date;
    readonly days: number;
  },
): Promise<KeyPair> {
  const keys = await newKeys();
  const { usages, now, days } = parts;
  const seconds = days * secondsOfDay;
  const { publicKey } = keys;
  const certificate = await issue({ authority, subject: parts, publicKey, usages, now, seconds });
  return { certificate, privateKey: await privateKeyPem(keys.privateKey) };
}

/** A new key and a request to sign it, as a CertificateSigningRequest carries it. */
export async function createSigningRequest(
  subject: Subject,
): Promise<{ readonly request: string; readonly privateKey: string }> {
  const keys = await newKeys();
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: distinguishedName(subject),
    keys,
    signingAlgorithm: ecdsa,
    extensions: alternativeNames(subject),
  });
  return { request: request.toString("pem"), privateKey: await privateKeyPem(keys.privateKey) };
}

const stubKeys = {
  RSA3072: rsaOf(3072),
  RSA4096: rsaOf(4096),
  ECDSAP256: { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" },
  ECDSAP384: { name: "ECDSA", namedCurve: "P-384", hash: "SHA-384" },
  ECDSAP521: { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" },
  ED25519: { name: "Ed25519" },
} as const;

function rsaOf(modulusLength: number) {
  const publicExponent = new Uint8Array([1, 0, 1]);
  return { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256", modulusLength, publicExponent } as const;
}

/**
 * A new key of a kind that a pod may ask for (`ECDSAP256`), and the PKCS #10 request (DER) that proves it; it names
 * nobody. Throws for other kinds.
 */
export async function createStubRequest(
  keyType: string,
): Promise<{ readonly request: Uint8Array; readonly privateKey: string }> {
  const algorithm = Object.entries(stubKeys).find(([name]) => name === keyType)?.[1];
  if (algorithm === undefined) throw new Error(`unknown key type ${JSON.stringify(keyType)}`);
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  if (!("privateKey" in keys)) throw new Error(`${keyType} is no kind of key pair`);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: "",
    keys,
    signingAlgorithm: algorithm,
  });
  return {
    request: new Uint8Array(request.rawData),
    privateKey: await privateKeyPem(keys.privateKey),
  };
}

export function readRequest(pem: string): Pkcs10CertificateRequest {
  if (!pem.includes("CERTIFICATE REQUEST")) {
    throw badRequest("PEM block type must be CERTIFICATE REQUEST");
  }
  try {
    return new Pkcs10CertificateRequest(pem);
  } catch (error) {
    throw badRequest(`malformed certificate request: ${String(error)}`);
  }
}

/** Throws BadRequest for what is no PKCS #10 request. The signature is not looked at. */
export function parseSigningRequest(pem: string): SigningRequest {
  const request = readRequest(pem);
  const extension = request.getExtension("2.5.29.17");
  const names = extension instanceof SubjectAlternativeNameExtension ? extension.names.items : [];
  const valuesOf = (type: string) => names.filter((n) => n.type === type).map((n) => n.value);
  return {
    commonName: request.subjectName.getField("CN")[0] ?? "",
    organizations: request.subjectName.getField("O"),
    dnsNames: valuesOf("dns"),
    ipAddresses: valuesOf("ip"),
    emailAddresses: valuesOf("email"),
    uris: valuesOf("url"),
  };
}

/**
 * Signs a request's key and names for `seconds`. Throws BadRequest when the request is malformed or was
 * not signed by the key that it carries; whether its names are allowed is the caller's to know.
 */
export async function signRequest(
  authority: KeyPair,
  requestPem: string,
  parts: {
    readonly usages: readonly CertificateUsage[];
    readonly now: Date;
    readonly seconds: number;
  },
): Promise<string> {
  const request = readRequest(requestPem);
  if (!(await request.verify())) throw badRequest("the certificate request's signature is wrong");
  const subject = parseSigningRequest(requestPem);
  return issue({ authority, subject, publicKey: await request.publicKey.export(), ...parts });
}

/** What a certificate says; throws BadRequest for what is none. Of a bundle, the first. */
export function certificateInfo(pem: string): {
  readonly commonName: string;
  readonly organizations: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
} {
  try {
    const certificate = new X509Certificate(pem);
    return {
      commonName: certificate.subjectName.getField("CN")[0] ?? "",
      organizations: certificate.subjectName.getField("O"),
      notBefore: certificate.notBefore,
      notAfter: certificate.notAfter,
    };
  } catch (error) {
    throw badRequest(`malformed certificate: ${String(error)}`);
  }
}
