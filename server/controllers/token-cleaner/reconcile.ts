/** Expired bootstrap tokens go. */
import { secondsUntilExpiry } from "#controllers/bootstrap-tokens.ts";
import { type Effect, remove, requeueAfter } from "#controllers/effects.ts";
import { type Secret, secrets } from "#gen/api/core/v1.ts";

/** A delay beyond what a timer can hold; the token is looked at again then. */
const waitSecondsMax = 24 * 3600;

export function reconcile(secret: Secret, now: Date): readonly Effect[] {
  const left = secondsUntilExpiry(secret, now);
  if (left <= 0) return [remove(secrets, secret, { exactVersion: true })];
  return Number.isFinite(left) ? [requeueAfter(Math.min(left, waitSecondsMax))] : [];
}
