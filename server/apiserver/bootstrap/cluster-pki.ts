/** Everything a new cluster signs with: made once, kept by the caller. */
import { generateKeyPair } from "node:crypto";
import { promisify } from "node:util";
import { createAuthority, issueCertificate, type KeyPair } from "#apimachinery/pki.ts";

/** Client and serving certificates; the authority lives ten years. */
const certificateDays = 365;

/** What a cluster signs with: made once, kept in its store. */
export interface ClusterSecrets {
  readonly authority: KeyPair;
  /** Signs service-account tokens: ECDSA P-256, PKCS #8 and SPKI PEM. */
  readonly serviceAccount: { readonly privateKey: string; readonly publicKey: string };
}

/** Issued anew at each start. */
export interface ClusterCertificates {
  /** The API server's door. */
  readonly serving: KeyPair;
  /** kubectl of whoever started the cluster: system:masters. */
  readonly admin: KeyPair;
  /** What the API server shows to agents when it asks for logs. */
  readonly kubeletClient: KeyPair;
}

const serviceNames: readonly string[] = [
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
  "localhost",
];

async function serviceAccountKeys(): Promise<ClusterSecrets["serviceAccount"]> {
  const keys = await promisify(generateKeyPair)("ec", {
    namedCurve: "P-256",
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return keys;
}

/** The door's certificate alone: made anew when the machine's names or addresses change. */
function issueServingCertificate(
  authority: KeyPair,
  parts: {
    readonly now: Date;
    readonly names: readonly string[];
    /** IPs of the machine, and the first address of the service range. */
    readonly addresses: readonly string[];
  },
): Promise<KeyPair> {
  return issueCertificate(authority, {
    commonName: "kube-apiserver",
    dnsNames: [...new Set([...serviceNames, ...parts.names])],
    ipAddresses: [...new Set(["127.0.0.1", "::1", ...parts.addresses])],
    usages: ["serverAuth"],
    now: parts.now,
    days: certificateDays,
  });
}

/** A client certificate for one of the cluster's own identities. */
function issueClient(
  authority: KeyPair,
  now: Date,
  [commonName, ...organizations]: readonly [string, ...string[]],
): Promise<KeyPair> {
  return issueCertificate(authority, {
    commonName,
    organizations,
    usages: ["clientAuth"],
    now,
    days: certificateDays,
  });
}

export async function createClusterSecrets({
  now,
}: {
  readonly now: Date;
}): Promise<ClusterSecrets> {
  const [authority, serviceAccount] = await Promise.all([
    createAuthority({ commonName: "kubernetes", now }),
    serviceAccountKeys(),
  ]);
  return { authority, serviceAccount };
}

/** `names`, `addresses`: of the machine; 10.96.0.1 (or another range's first address) belongs to them. */
export async function issueClusterCertificates(
  { authority }: ClusterSecrets,
  parts: {
    readonly now: Date;
    readonly names: readonly string[];
    readonly addresses: readonly string[];
  },
): Promise<ClusterCertificates> {
  const [serving, admin, kubeletClient] = await Promise.all([
    issueServingCertificate(authority, parts),
    issueClient(authority, parts.now, ["kubernetes-admin", "system:masters"]),
    issueClient(authority, parts.now, ["kube-apiserver-kubelet-client", "system:masters"]),
  ]);
  return { serving, admin, kubeletClient };
}
