/** Conditions of a CertificateSigningRequest: a decision stands, times are the server's. */
import { formatTime } from "#apimachinery/time.ts";
import type { CertificateSigningRequest } from "#gen/api/certificates/v1.ts";

type Request = CertificateSigningRequest;

const decisions: readonly string[] = ["Approved", "Denied"];

/** /status neither approves, denies nor takes a decision back: only /approval does. */
export function keepDecision(request: Request, old: Request): void {
  const kept = (old.status?.conditions ?? []).filter(({ type }) => decisions.includes(type));
  const others = (request.status?.conditions ?? []).filter(({ type }) => !decisions.includes(type));
  const conditions = [...kept, ...others];
  if (conditions.length > 0) request.status = { ...request.status, conditions };
}

/** A condition without times gets them: those it had, or now. */
export function stampConditions(request: Request, old: Request, now: Date): void {
  for (const condition of request.status?.conditions ?? []) {
    const before = old.status?.conditions?.find(({ type }) => type === condition.type);
    const same = before?.status === condition.status;
    condition.lastUpdateTime ??= formatTime(now);
    condition.lastTransitionTime ??=
      (same ? before?.lastTransitionTime : undefined) ?? formatTime(now);
  }
}
