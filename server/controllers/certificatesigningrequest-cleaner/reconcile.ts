/** Requests are answered once and then only in the way: upstream's ages. */
import { certificateInfo } from "#apimachinery/pki.ts";
import { parseTime } from "#apimachinery/time.ts";
import { type Effect, remove, requeueAfter } from "#controllers/effects.ts";
import { csrCondition } from "#controllers/signing-requests.ts";
import {
  type CertificateSigningRequest,
  certificatesigningrequests,
} from "#gen/api/certificates/v1.ts";

type Csr = CertificateSigningRequest;

const hour = 3600;
const decidedSecondsMax = hour;
const pendingSecondsMax = 24 * hour;

export function reconcile(csr: Csr, now: Date): readonly Effect[] {
  const left = secondsLeft(csr, now);
  if (left > 0) return [requeueAfter(left)];
  return [remove(certificatesigningrequests, csr)];
}

function secondsLeft(csr: Csr, now: Date): number {
  const age = (since: string | undefined): number => {
    const start = parseTime(since ?? "");
    return start === undefined ? 0 : (now.getTime() - start.getTime()) / 1000;
  };
  const expiry = expiryOf(csr);
  if (expiry !== undefined && expiry.getTime() <= now.getTime()) return 0;
  const decided =
    csrCondition(csr, "Approved") ?? csrCondition(csr, "Denied") ?? csrCondition(csr, "Failed");
  if (decided === undefined) return pendingSecondsMax - age(csr.metadata.creationTimestamp);
  return decidedSecondsMax - age(decided.lastUpdateTime ?? csr.metadata.creationTimestamp);
}

function expiryOf({ status }: Csr): Date | undefined {
  const certificate = status?.certificate ?? "";
  if (certificate === "") return undefined;
  try {
    return certificateInfo(Buffer.from(certificate, "base64").toString("utf8")).notAfter;
  } catch {
    return undefined;
  }
}
