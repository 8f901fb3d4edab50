/** Certificate signing requests, as their three controllers read them. */
import { parseSigningRequest, type SigningRequest } from "#apimachinery/pki.ts";
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from "#gen/api/certificates/v1.ts";

type Csr = CertificateSigningRequest;

export const signers = {
  apiserverClient: "kubernetes.io/kube-apiserver-client",
  kubeletClient: "kubernetes.io/kube-apiserver-client-kubelet",
  kubeletServing: "kubernetes.io/kubelet-serving",
} as const;

export function csrCondition(
  { status }: Csr,
  type: "Approved" | "Denied" | "Failed",
): CertificateSigningRequestCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

export function requestPem({ spec }: Csr): string {
  return Buffer.from(spec.request, "base64").toString("utf8");
}

/** undefined: what it carries is no certificate request. */
export function parsedRequest(csr: Csr): SigningRequest | undefined {
  try {
    return parseSigningRequest(requestPem(csr));
  } catch {
    return undefined;
  }
}

function hasUsages(csr: Csr, required: string, optional: readonly string[]): boolean {
  const usages = csr.spec.usages ?? [];
  const known = usages.every((usage) => usage === required || optional.includes(usage));
  return (
    known && usages.includes("digital signature") && usages.some((usage) => usage === required)
  );
}

const signatureUsages = ["digital signature", "key encipherment"];

function isNodeIdentity({ commonName, organizations }: SigningRequest): boolean {
  const nodes = organizations.length === 1 && organizations[0] === "system:nodes";
  return nodes && commonName.startsWith("system:node:");
}

function hasNames({ dnsNames, ipAddresses, emailAddresses, uris }: SigningRequest): boolean {
  return dnsNames.length + ipAddresses.length + emailAddresses.length + uris.length > 0;
}

/** Why the signer must refuse; undefined: the request is what this signer signs. */
export function signerFault(csr: Csr, request: SigningRequest | undefined): string | undefined {
  if (request === undefined) return "the request is not a certificate request";
  const { signerName } = csr.spec;
  if (signerName === signers.kubeletClient) return kubeletClientFault(csr, request);
  if (signerName === signers.kubeletServing) return kubeletServingFault(csr, request);
  return isClientUse(csr) ? undefined : "usages did not match signer requirements";
}

/** Clients that are no nodes may leave out what their key does besides. */
function isClientUse({ spec: { usages = [] } }: Csr): boolean {
  const known = (usage: string): boolean => [...signatureUsages, "client auth"].includes(usage);
  return usages.includes("client auth") && usages.every(known);
}

function kubeletClientFault(csr: Csr, request: SigningRequest): string | undefined {
  if (!isNodeIdentity(request)) return "subject is not that of a node in system:nodes";
  if (hasNames(request)) return "subject alternative names are not allowed";
  const usages = hasUsages(csr, "client auth", signatureUsages);
  return usages ? undefined : "usages did not match signer requirements";
}

function kubeletServingFault(csr: Csr, request: SigningRequest): string | undefined {
  if (!isNodeIdentity(request)) return "subject is not that of a node in system:nodes";
  const { dnsNames, ipAddresses, emailAddresses, uris } = request;
  if (dnsNames.length + ipAddresses.length === 0) return "at least one DNS name or IP is required";
  if (emailAddresses.length + uris.length > 0) return "emails and URIs are not allowed";
  const usages = hasUsages(csr, "server auth", signatureUsages);
  return usages ? undefined : "usages did not match signer requirements";
}
