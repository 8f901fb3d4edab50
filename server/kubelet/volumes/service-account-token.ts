/** Bound tokens of the pod's service account, through serviceaccounts/token; renewed at 80 % of their life. */
import { parseTime } from "#apimachinery/time.ts";
import type { Client } from "#client/client.ts";
import type { Clock } from "#client/clock.ts";
import type { TokenRequest } from "#gen/api/authentication/v1.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { TokenWanted } from "./payload.ts";

/** Upstream's token manager: at 80 % of the life, and never older than a day. */
const renewAtShare = 0.8;
const ageMillisecondsMax = 24 * 3600 * 1000;

interface Held {
  readonly token: string;
  readonly renewAt: number;
}

export class ServiceAccountTokens {
  readonly #client: Client;
  readonly #clock: Clock;
  readonly #held = new Map<string, Map<string, Held>>();

  constructor(client: Client, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  forget(podUid: string): void {
    this.#held.delete(podUid);
  }

  async fetch(pod: Pod, wanted: readonly TokenWanted[]): Promise<ReadonlyMap<string, string>> {
    const uid = pod.metadata.uid ?? "";
    const held = this.#held.get(uid) ?? new Map<string, Held>();
    this.#held.set(uid, held);
    const now = this.#clock.now().getTime();
    for (const one of wanted) {
      const kept = held.get(one.key);
      if (kept === undefined || kept.renewAt <= now)
        held.set(one.key, await this.#request(pod, one, now));
    }
    return new Map([...held].map(([key, { token }]) => [key, token]));
  }

  async #request(pod: Pod, wanted: TokenWanted, now: number): Promise<Held> {
    const { name, namespace = "", uid = "" } = pod.metadata;
    const account = pod.spec.serviceAccountName ?? "default";
    const body = {
      apiVersion: "authentication.k8s.io/v1" as const,
      kind: "TokenRequest" as const,
      metadata: {},
      spec: {
        audiences: wanted.audience === undefined || wanted.audience === "" ? [] : [wanted.audience],
        expirationSeconds: wanted.expirationSeconds,
        boundObjectRef: { apiVersion: "v1", kind: "Pod", name, uid },
      },
    };
    const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
    const answer = await this.#client.post<TokenRequest>(path, body);
    const { token, expirationTimestamp } = answer.status;
    if (token === undefined) throw new Error("the token request was answered without a token");
    const expiry = parseTime(expirationTimestamp ?? "")?.getTime();
    const life = expiry === undefined ? wanted.expirationSeconds * 1000 : expiry - now;
    return { token, renewAt: now + Math.min(life * renewAtShare, ageMillisecondsMax) };
  }
}
