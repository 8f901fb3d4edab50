/** Requests of nodes for certificates of pods are answered within minutes, and then only in the way. */
import { parseTime } from "#apimachinery/time.ts";
import { type Effect, remove, requeueAfter } from "#controllers/effects.ts";
import { type PodCertificateRequest, podcertificaterequests } from "#gen/api/certificates/v1.ts";

/** Upstream's threshold: every exchange is over by then. */
const secondsMax = 15 * 60;

export function reconcile(request: PodCertificateRequest, now: Date): readonly Effect[] {
  const born = parseTime(request.metadata.creationTimestamp ?? "") ?? now;
  const left = secondsMax - (now.getTime() - born.getTime()) / 1000;
  return left > 0 ? [requeueAfter(left)] : [remove(podcertificaterequests, request)];
}
