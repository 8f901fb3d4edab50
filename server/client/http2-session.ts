/**
 * HTTP/2 sessions to one origin. A server lets only so many streams run at once on a session (and Bun's
 * client stops at 256), while every informer holds one for ever: so sessions are pooled, each filled to its
 * bound. A session that stops answering pings is closed, and with it the watches that would wait in vain.
 */
import http2 from "node:http2";
import type { Clock } from "./clock.ts";

export interface TlsIdentity {
  /** PEM of the authorities that may have signed the server's certificate; absent: the system's. */
  readonly ca?: string | undefined;
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
  /** Only for a kubeconfig that says insecure-skip-tls-verify. */
  readonly insecureSkipTlsVerify?: boolean | undefined;
}

/** Below Bun's own bound of 256 and upstream's usual 250. */
const streamsPerSessionMax = 100;
/** client-go: a ping after 30 s of silence, given up after 15 s. */
const pingEveryMilliseconds = 30_000;
const pingTimeoutMilliseconds = 15_000;
const connectTimeoutMilliseconds = 10_000;
/** Failing to connect: 100 ms, doubled each time, at most this. */
const dialBackoffMillisecondsMax = 5_000;

interface Pooled {
  readonly session: http2.ClientHttp2Session;
  streams: number;
  ready: Promise<void>;
}

export interface SessionPool {
  open(headers: http2.OutgoingHttpHeaders, endStream: boolean): Promise<http2.ClientHttp2Stream>;
  close(): void;
}

export function sessionPool(origin: string, tls: TlsIdentity, clock: Clock): SessionPool {
  const pool = new Set<Pooled>();
  let failures = 0;
  let nextDialAt = 0;

  function dial(): Pooled {
    const session = http2.connect(origin, {
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...(tls.certificate === undefined ? {} : { cert: tls.certificate }),
      ...(tls.privateKey === undefined ? {} : { key: tls.privateKey }),
      rejectUnauthorized: tls.insecureSkipTlsVerify !== true,
    });
    const pooled: Pooled = { session, streams: 0, ready: connected(session, clock) };
    pool.add(pooled);
    session.on("close", () => pool.delete(pooled));
    session.on("goaway", () => pool.delete(pooled));
    session.on("error", () => pool.delete(pooled));
    pooled.ready.then(
      () => {
        failures = 0;
        keepAlive(session, clock);
      },
      () => {
        const backoff = Math.min(100 * 2 ** failures, dialBackoffMillisecondsMax);
        failures++;
        nextDialAt = clock.monotonic() + backoff;
        pool.delete(pooled);
        session.destroy();
      },
    );
    return pooled;
  }

  /** A session with a stream for the caller, counted in the same turn: a burst spreads over several sessions. */
  async function acquire(): Promise<Pooled> {
    for (;;) {
      const wait = nextDialAt - clock.monotonic();
      const free =
        [...pool].find((it) => it.streams < streamsPerSessionMax && !it.session.closed) ??
        (wait <= 0 ? dial() : undefined);
      if (free !== undefined) {
        free.streams++;
        return free;
      }
      await new Promise<void>((resolve) => clock.after(wait, resolve));
    }
  }

  return {
    async open(headers, endStream) {
      const pooled = await acquire();
      try {
        await pooled.ready;
        const stream = pooled.session.request(headers, { endStream });
        stream.once("close", () => pooled.streams--);
        return stream;
      } catch (error) {
        pooled.streams--;
        throw error;
      }
    },
    close() {
      for (const { session } of pool) session.destroy();
      pool.clear();
    },
  };
}

function connected(session: http2.ClientHttp2Session, clock: Clock): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(connectTimeoutMilliseconds, () =>
      reject(new Error("connecting to the API server took too long")),
    );
    session.once("connect", () => {
      cancel();
      resolve();
    });
    session.once("error", (error) => {
      cancel();
      reject(error);
    });
    session.once("close", () => {
      cancel();
      reject(new Error("the API server closed the connection"));
    });
  });
}

function keepAlive(session: http2.ClientHttp2Session, clock: Clock): void {
  let cancel = clock.after(pingEveryMilliseconds, beat);
  session.once("close", () => cancel());
  function beat(): void {
    if (session.closed || session.destroyed) return;
    cancel = clock.after(pingTimeoutMilliseconds, () => session.destroy());
    session.ping(() => {
      cancel();
      if (!session.closed) cancel = clock.after(pingEveryMilliseconds, beat);
    });
  }
}
