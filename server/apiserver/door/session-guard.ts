/**
 * What an HTTP/2 connection may ask for that costs its client a frame and the server more: resets of streams that
 * were just opened, pings, settings. Each kind has a bucket; a connection that empties one is ended.
 */
import type { ServerHttp2Session } from "node:http2";

interface Allowance {
  /** At once. */
  readonly burst: number;
  /** Given back a second. */
  readonly perSecond: number;
}

/** As Node has it for its own server: who ends watches by the hundred stays far below. */
const resets: Allowance = { burst: 1_000, perSecond: 33 };
/** Clients that watch over their connections ping every few seconds. */
const pings: Allowance = { burst: 100, perSecond: 10 };
/** Said once, and again when a window grows. */
const settings: Allowance = { burst: 50, perSecond: 5 };

/** RFC 9113, 7. */
const enhanceYourCalm = 11;

export class Bucket {
  readonly #allowance: Allowance;
  #left: number;
  #since: number;

  constructor(allowance: Allowance, now: number) {
    this.#allowance = allowance;
    this.#left = allowance.burst;
    this.#since = now;
  }

  /** false: it is empty. `now` in milliseconds. */
  take(now: number): boolean {
    const { burst, perSecond } = this.#allowance;
    const back = ((now - this.#since) / 1_000) * perSecond;
    this.#left = Math.min(burst, this.#left + back) - 1;
    this.#since = now;
    return this.#left >= 0;
  }
}

/** Watches over a connection as long as it lives. Returns what is to be called when a client resets a stream. */
export function guardSession(session: ServerHttp2Session): () => void {
  const guard = (allowance: Allowance): (() => void) => {
    const bucket = new Bucket(allowance, performance.now());
    return () => {
      if (session.destroyed || bucket.take(performance.now())) return;
      session.goaway(enhanceYourCalm);
      session.destroy();
    };
  };
  session.on("ping", guard(pings));
  session.on("remoteSettings", guard(settings));
  return guard(resets);
}
