/** Upstream's --max-requests-inflight and --max-mutating-requests-inflight: over them, 429 and try again. */
import { type ApiError, refusal } from "#apimachinery/status.ts";
import type { RequestInfo, UserInfo } from "#apiserver/attributes.ts";
import type { Metrics } from "#apiserver/metrics.ts";
import { respondStatus } from "#apiserver/respond.ts";

export type Lane = keyof Metrics["inflight"];

const inflightMax: Readonly<Record<Lane, number>> = { readOnly: 400, mutating: 200 };
/** Of a lane, for one user: the rest is kept for everybody else, as upstream's priority levels keep it. */
const userShareMax = 0.5;
const retryAfterSeconds = 1;

const readOnlyVerbs = new Set(["get", "list", "watch", "head", "options"]);
const longRunningSubresources = new Set(["log", "exec", "attach", "portforward", "proxy"]);
const probes = /^\/(healthz|livez|readyz)(\/|$)/;

/** Whether a server lives is answered however full it is. */
export function isProbe(path: string): boolean {
  return probes.test(path);
}

export function isLongRunning({ verb, subresource }: RequestInfo): boolean {
  return verb === "watch" || longRunningSubresources.has(subresource);
}

function laneOf({ verb }: RequestInfo): Lane {
  return readOnlyVerbs.has(verb) ? "readOnly" : "mutating";
}

/** Administrators always find room, so that they can mend what fills it; who leads must be said then most of all. */
function isExempt({ resource, path, isResourceRequest }: RequestInfo, user: UserInfo): boolean {
  if (user.groups.includes("system:masters")) return true;
  return isResourceRequest ? resource === "leases" : isProbe(path);
}

function tooMany(): ApiError {
  const sentence = "Too many requests, please try again later.";
  return refusal("TooManyRequests", sentence, { retryAfterSeconds });
}

/** Before a request has a user: the answer where too many wait for the loop. */
export function tooManyWait(): Response {
  return respondStatus({ auditId: crypto.randomUUID(), warnings: [] }, tooMany().status, "json");
}

export class InFlight {
  readonly #metrics: Metrics;
  readonly #ofUsers: Readonly<Record<Lane, Map<string, number>>> = {
    readOnly: new Map(),
    mutating: new Map(),
  };

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Returns what ends the request's stay. Throws TooManyRequests where the lane, or the user's share of it, is full. */
  enter(info: RequestInfo, user: UserInfo): () => void {
    const lane = laneOf(info);
    const { inflight } = this.#metrics;
    const users = this.#ofUsers[lane];
    const own = users.get(user.name) ?? 0;
    const max = inflightMax[lane];
    if ((inflight[lane] >= max || own >= max * userShareMax) && !isExempt(info, user)) {
      this.#metrics.rejected += 1;
      throw tooMany();
    }
    inflight[lane] += 1;
    users.set(user.name, own + 1);
    return () => {
      inflight[lane] -= 1;
      const left = (users.get(user.name) ?? 1) - 1;
      if (left > 0) users.set(user.name, left);
      else users.delete(user.name);
    };
  }
}
