/** Approved requests get their certificate; one that the signer must not sign is marked as failed. */
import type { CertificateUsage, SigningRequest } from "#apimachinery/pki.ts";
import { formatTime } from "#apimachinery/time.ts";
import { type Effect, updateStatus } from "#controllers/effects.ts";
import { csrCondition, signerFault, signers } from "#controllers/signing-requests.ts";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
} from "#gen/api/certificates/v1.ts";

type Csr = CertificateSigningRequest;

/** Upstream's --cluster-signing-duration; a request may ask for less, down to ten minutes. */
const secondsMax = 365 * 24 * 3600;
const secondsMin = 600;

export type Plan =
  | { readonly plan: "nothing" }
  | { readonly plan: "refuse"; readonly effects: readonly Effect[] }
  | {
      readonly plan: "sign";
      readonly seconds: number;
      readonly usages: readonly CertificateUsage[];
    };

/** `authorityEnd`: no certificate outlives the one that signs it. */
export function reconcile(
  csr: Csr,
  request: SigningRequest | undefined,
  { now, authorityEnd }: { readonly now: Date; readonly authorityEnd: Date },
): Plan {
  const known = Object.values(signers).some((name) => name === csr.spec.signerName);
  const waiting =
    (csr.status?.certificate ?? "") === "" && csrCondition(csr, "Failed") === undefined;
  const approved =
    csrCondition(csr, "Approved") !== undefined && csrCondition(csr, "Denied") === undefined;
  if (!known || !waiting || !approved) return { plan: "nothing" };
  const fault = signerFault(csr, request);
  if (fault !== undefined) return { plan: "refuse", effects: [failed(csr, fault, now)] };
  const wanted = csr.spec.expirationSeconds ?? secondsMax;
  const left = Math.floor((authorityEnd.getTime() - now.getTime()) / 1000);
  const seconds = Math.min(Math.max(wanted, secondsMin), secondsMax, left);
  const serving = csr.spec.signerName === signers.kubeletServing;
  return { plan: "sign", seconds, usages: [serving ? "serverAuth" : "clientAuth"] };
}

export function issued(csr: Csr, certificatePem: string): readonly Effect[] {
  const certificate = Buffer.from(certificatePem).toString("base64");
  const status = { ...csr.status, certificate };
  return [updateStatus(certificatesigningrequests, { ...csr, status })];
}

function failed(csr: Csr, message: string, now: Date): Effect {
  const time = formatTime(now);
  const condition = {
    type: "Failed",
    status: "True",
    reason: "SignerValidationFailure",
    message,
    lastUpdateTime: time,
    lastTransitionTime: time,
  };
  const conditions = [...(csr.status?.conditions ?? []), condition];
  return updateStatus(certificatesigningrequests, {
    ...csr,
    status: { ...csr.status, conditions },
  });
}
