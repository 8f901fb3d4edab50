/** Transport over HTTPS: HTTP/2 with client certificate or bearer token, on Bun and Deno alike. */
import type http2 from "node:http2";
import { type Clock, systemClock } from "./clock.ts";
import { type SessionPool, sessionPool, type TlsIdentity } from "./http2-session.ts";
import type { Transport } from "./transport.ts";

export interface HttpsTransportOptions extends TlsIdentity {
  /** A function is asked before each request: tokens on disk rotate. */
  readonly token?: string | (() => Promise<string>) | undefined;
  readonly clock?: Clock | undefined;
  /** Aborted: all connections are closed. */
  readonly signal?: AbortSignal | undefined;
}

export function httpsTransport(options: HttpsTransportOptions): Transport {
  const pools = new Map<string, SessionPool>();
  const clock = options.clock ?? systemClock;
  const poolOf = (origin: string): SessionPool => {
    const known = pools.get(origin);
    if (known !== undefined) return known;
    const pool = sessionPool(origin, options, clock);
    pools.set(origin, pool);
    return pool;
  };
  options.signal?.addEventListener("abort", () => {
    for (const pool of pools.values()) pool.close();
  });
  return async (request) => {
    const { token } = options;
    const url = new URL(request.url);
    const headers = requestHeaders(request, url);
    if (token !== undefined) {
      headers["authorization"] = `Bearer ${typeof token === "string" ? token : await token()}`;
    }
    const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer());
    request.signal.throwIfAborted();
    const stream = await poolOf(url.origin).open(headers, body === undefined);
    return exchange(stream, body, request.signal);
  };
}

function requestHeaders(request: Request, url: URL): http2.OutgoingHttpHeaders {
  const headers: http2.OutgoingHttpHeaders = {
    ":method": request.method,
    ":path": url.pathname + url.search,
    ":scheme": url.protocol.slice(0, -1),
    ":authority": url.host,
  };
  for (const [name, value] of request.headers) headers[name] = value;
  return headers;
}

function exchange(
  stream: http2.ClientHttp2Stream,
  body: Uint8Array | undefined,
  signal: AbortSignal,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      stream.close();
      reject(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    stream.once("close", () => {
      signal.removeEventListener("abort", abort);
      reject(new Error("the connection was lost before the API server answered"));
    });
    stream.once("error", reject);
    stream.once("response", (headers) => {
      const status = headers[":status"] ?? 502;
      const empty = status === 204 || status === 304;
      if (empty) stream.resume();
      resolve(
        new Response(empty ? null : bodyStream(stream), {
          status,
          headers: responseHeaders(headers),
        }),
      );
    });
    if (body !== undefined) stream.end(body);
  });
}

function responseHeaders(headers: http2.IncomingHttpHeaders): Headers {
  const result = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(":") || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) result.append(name, one);
  }
  return result;
}

/** A reader that stops reading stops the sender, by HTTP/2's own flow control. */
function bodyStream(stream: http2.ClientHttp2Stream): ReadableStream<Uint8Array> {
  let settled = false;
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const settle = (finish: () => void): void => {
          if (settled) return;
          settled = true;
          finish();
        };
        stream.on("data", (chunk: Uint8Array) => {
          if (settled) return;
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) stream.pause();
        });
        stream.once("end", () => settle(() => controller.close()));
        stream.once("error", (error) => settle(() => controller.error(error)));
        // Closed without an end: a reset or a lost connection, which must not look like a whole body.
        stream.once("close", () =>
          settle(() => controller.error(new Error("the connection was lost in the body"))),
        );
        stream.pause();
      },
      pull() {
        stream.resume();
      },
      cancel() {
        settled = true;
        stream.close();
      },
    },
    new ByteLengthQueuingStrategy({ highWaterMark: 256 * 1024 }),
  );
}
