/** Upstream's --max-requests-inflight and --max-mutating-requests-inflight: over them, 429 and try again. */
import { type ApiError, refusal } from "#apimachinery/status.ts";
import type { RequestInfo, UserInfo } from "#apiserver/attributes.ts";
import type { Metrics } from "#apiserver/metrics.ts";

const readOnlyMax = 400;
const mutatingMax = 200;
const retryAfterSeconds = 1;

const readOnlyVerbs = new Set(["get", "list", "watch", "head", "options"]);
const longRunningSubresources = new Set(["log", "exec", "attach", "portforward", "proxy"]);

export function isLongRunning({ verb, subresource }: RequestInfo): boolean {
  return verb === "watch" || longRunningSubresources.has(subresource);
}

export type Lane = keyof Metrics["inflight"];

export function laneOf({ verb }: RequestInfo): Lane {
  return readOnlyVerbs.has(verb) ? "readOnly" : "mutating";
}

/** undefined: there is room. Administrators always find some, so that they can mend what fills it. */
export function overload(metrics: Metrics, lane: Lane, user: UserInfo): ApiError | undefined {
  if (metrics.inflight[lane] < (lane === "readOnly" ? readOnlyMax : mutatingMax)) return undefined;
  if (user.groups.includes("system:masters")) return undefined;
  metrics.rejected += 1;
  const details = { retryAfterSeconds };
  return refusal("TooManyRequests", "Too many requests, please try again later.", details);
}
