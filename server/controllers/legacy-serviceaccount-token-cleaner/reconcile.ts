/** Tokens that nobody has used for a year are refused from a day on, and go another year later. */
import {
  accountNameAnnotation,
  accountUidAnnotation,
  dayOf,
  invalidSinceLabel,
  lastUsedLabel,
  tokenSecretType,
} from "#apimachinery/legacy-token.ts";
import { parseTime } from "#apimachinery/time.ts";
import { type Effect, patch, remove } from "#controllers/effects.ts";
import { type Secret, type ServiceAccount, secrets } from "#gen/api/core/v1.ts";

const dayMs = 24 * 3600 * 1000;
/** Upstream's --legacy-service-account-token-clean-up-period. */
const unusedDays = 365;

export interface TokenSurroundings {
  /** Of the ConfigMap that says since which day uses are noted; "" where it does not say. */
  readonly trackedSince: string;
  account(namespace: string, name: string): ServiceAccount | undefined;
  /** True: a pod of the namespace mounts it, or draws its environment or an image with it. */
  isMounted(secret: Secret): boolean;
}

function isDay(text: string | undefined): text is string {
  return text !== undefined && /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(Date.parse(text));
}

/** Made by a controller for its account, which says so by a reference: what people made stays. */
function isGenerated({ metadata }: Secret, { account }: TokenSurroundings): boolean {
  const { annotations = {}, namespace = "", name } = metadata;
  const owner = account(namespace, annotations[accountNameAnnotation] ?? "");
  const uid = annotations[accountUidAnnotation] ?? "";
  if (owner === undefined || (uid !== "" && uid !== owner.metadata.uid)) return false;
  return (owner.secrets ?? []).some((secret) => secret.name === name);
}

function isUnused(secret: Secret, around: TokenSurroundings, now: Date): boolean {
  const { labels = {}, creationTimestamp = "", deletionTimestamp } = secret.metadata;
  if (secret.type !== tokenSecretType || deletionTimestamp !== undefined) return false;
  const since = now.getTime() - unusedDays * dayMs;
  if ((parseTime(creationTimestamp)?.getTime() ?? now.getTime()) >= since) return false;
  const lastUsed = labels[lastUsedLabel];
  if (lastUsed !== undefined && (!isDay(lastUsed) || lastUsed >= dayOf(new Date(since))))
    return false;
  return isGenerated(secret, around) && !around.isMounted(secret);
}

function outdated(secret: Secret, now: Date): Effect | undefined {
  const { namespace = "", name, uid, labels } = secret.metadata;
  const invalidSince = labels?.[invalidSinceLabel];
  if (!isDay(invalidSince)) {
    const body = { metadata: { uid, labels: { [invalidSinceLabel]: dayOf(now) } } };
    return patch(secrets, { namespace, name }, body, "application/merge-patch+json");
  }
  const end = dayOf(new Date(now.getTime() - unusedDays * dayMs));
  return invalidSince < end ? remove(secrets, secret, { exactVersion: true }) : undefined;
}

export function reconcile(
  all: readonly Secret[],
  around: TokenSurroundings,
  now: Date,
): readonly Effect[] {
  const { trackedSince } = around;
  if (!isDay(trackedSince)) return [];
  // The first day is not whole.
  const tracked = Date.parse(trackedSince) + dayMs;
  if (now.getTime() < tracked + unusedDays * dayMs) return [];
  return all
    .filter((secret) => isUnused(secret, around, now))
    .map((secret) => outdated(secret, now))
    .filter((effect) => effect !== undefined);
}
