/** Bootstrap tokens: Secrets of type bootstrap.kubernetes.io/token in kube-system. */
import { parseTime } from "#apimachinery/time.ts";
import type { Secret } from "#gen/api/core/v1.ts";

export const tokenNamespace = "kube-system";
const tokenType = "bootstrap.kubernetes.io/token";

export function isBootstrapToken({ metadata, type }: Secret): boolean {
  return type === tokenType && metadata.namespace === tokenNamespace;
}

export function fieldOf({ data }: Secret, name: string): string {
  return Buffer.from(data?.[name] ?? "", "base64").toString("utf8");
}

/** Seconds until it expires; not positive: it has; Infinity: it never does. Unreadable counts as expired. */
export function secondsUntilExpiry(secret: Secret, now: Date): number {
  const text = fieldOf(secret, "expiration");
  if (text === "") return Number.POSITIVE_INFINITY;
  const expiration = parseTime(text);
  return expiration === undefined ? 0 : (expiration.getTime() - now.getTime()) / 1000;
}
