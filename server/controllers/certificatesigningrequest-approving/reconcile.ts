/** Which requests nobody needs to look at: those of machines that may join, and of nodes for themselves. */
import type { SigningRequest } from "#apimachinery/pki.ts";
import { formatTime } from "#apimachinery/time.ts";
import { type Effect, updateSubresource } from "#controllers/effects.ts";
import { csrCondition, signerFault, signers } from "#controllers/signing-requests.ts";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
} from "#gen/api/certificates/v1.ts";

type Csr = CertificateSigningRequest;

export interface Recognized {
  /** The right that the requester must have: create on certificatesigningrequests/SUBRESOURCE. */
  readonly permission: "selfnodeclient" | "nodeclient";
  readonly message: string;
}

/** The ways in which the request may be approved, the narrowest first. Serving certificates are for people to approve. */
export function recognize(csr: Csr, request: SigningRequest | undefined): readonly Recognized[] {
  const decided = csrCondition(csr, "Approved") ?? csrCondition(csr, "Denied");
  if (decided !== undefined || (csr.status?.certificate ?? "") !== "") return [];
  if (request === undefined || signerFault(csr, request) !== undefined) return [];
  if (csr.spec.signerName !== signers.kubeletClient) return [];
  const own = csr.spec.username === request.commonName;
  return own ? [selfClient, client] : [client];
}

const selfClient: Recognized = {
  permission: "selfnodeclient",
  message: "Auto approving self kubelet client certificate after SubjectAccessReview.",
};
const client: Recognized = {
  permission: "nodeclient",
  message: "Auto approving kubelet client certificate after SubjectAccessReview.",
};
export function approve(csr: Csr, { message }: Recognized, now: Date): readonly Effect[] {
  const time = formatTime(now);
  const condition = {
    type: "Approved",
    status: "True",
    reason: "AutoApproved",
    message,
    lastUpdateTime: time,
    lastTransitionTime: time,
  };
  const conditions = [...(csr.status?.conditions ?? []), condition];
  const status = { ...csr.status, conditions };
  return [updateSubresource(certificatesigningrequests, "approval", { ...csr, status })];
}
