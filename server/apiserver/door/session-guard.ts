/**
 * What an HTTP/2 connection may ask for that costs its client a frame and the server more: resets of streams that
 * were just opened, pings, settings. Each kind has a bucket; a connection that empties one is ended. Resets have a
 * second one, of the client: who was ended comes back for the price of a handshake.
 */
import type { ServerHttp2Session } from "node:http2";
import { Recent } from "#apimachinery/recent.ts";

interface Allowance {
  /** At once. */
  readonly burst: number;
  /** Given back a second. */
  readonly perSecond: number;
}

/** All streams that a connection may hold, twice; on and on as Node has it for its own server. */
const resets: Allowance = { burst: 500, perSecond: 33 };
/** Of all connections of a client. */
const clientResets: Allowance = { burst: 1_000, perSecond: 100 };
/** Clients whose buckets are remembered: those whose last reset was the latest. */
const clientsMax = 1_000;
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
    this.#left = Math.max(-1, this.#at(now) - 1);
    this.#since = now;
    return this.#left >= 0;
  }

  #at(now: number): number {
    const { burst, perSecond } = this.#allowance;
    return Math.min(burst, this.#left + ((now - this.#since) / 1_000) * perSecond);
  }
}

/** What is to be called of a connection's streams. */
export interface SessionGuard {
  opened(): void;
  /** By the client, before it was answered. */
  reset(): void;
}

export class SessionGuards {
  /** Each client's bucket of resets. */
  readonly #clients = new Recent<Bucket>(clientsMax);
  readonly #streamsMax: number;
  readonly #nextTurn: (turn: () => void) => void;

  /** `streamsMax`: that a connection may hold at once. `nextTurn`: setImmediate, but for tests. */
  constructor(streamsMax: number, nextTurn: (turn: () => void) => void) {
    this.#streamsMax = streamsMax;
    this.#nextTurn = nextTurn;
  }

  /** Watches over a connection as long as it lives. `client` is asked once streams come: its certificate is known then. */
  guard(session: ServerHttp2Session, client: () => string): SessionGuard {
    const end = (): void => {
      if (session.destroyed) return;
      session.goaway(enhanceYourCalm);
      session.destroy();
    };
    const bounded = (bucket: Bucket): (() => void) => {
      return () => {
        if (!bucket.take(performance.now())) end();
      };
    };
    const own = (allowance: Allowance): Bucket => new Bucket(allowance, performance.now());
    session.on("ping", bounded(own(pings)));
    session.on("remoteSettings", bounded(own(settings)));
    const ownReset = bounded(own(resets));
    const { socket } = session;
    const reset = (): void => {
      // Whoever hangs up takes back nothing: all its streams end with the connection.
      if (session.destroyed || socket.destroyed) return;
      ownReset();
      bounded(this.#clients.obtain(client(), () => new Bucket(clientResets, performance.now())))();
    };
    return { opened: this.#countOpened(end), reset };
  }

  /** More than it may hold, in one turn of the loop: some of them were taken back before anybody saw them. */
  #countOpened(end: () => void): () => void {
    let count = 0;
    return () => {
      if (count === 0) {
        this.#nextTurn(() => {
          count = 0;
        });
      }
      count += 1;
      if (count > this.#streamsMax) end();
    };
  }
}
