/** Requests over a connection of this walk's own: every header as it came, HTTP/1.1 and HTTP/2. */
import { readFileSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import { gunzipSync } from "node:zlib";
import { readKubeconfig } from "#client/kubeconfig.ts";

export interface WireQuestion {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
  readonly http: 1 | 2;
  readonly stream: boolean;
}

export interface WireAnswer {
  readonly code: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

export interface Wire {
  ask(question: WireQuestion): Promise<WireAnswer>;
  close(): void;
}

/** How long a stream is read, and how long an answer may take, in milliseconds. */
const streamFor = 1_000;
const answerWithin = 65_000;

function textOf(headers: Readonly<Record<string, unknown>>): Record<string, string> {
  const entries = Object.entries(headers).filter(([name]) => !name.startsWith(":"));
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) ? value.join(", ") : `${value}`]),
  );
}

function answered(code: number, headers: Record<string, string>, parts: Uint8Array[]): WireAnswer {
  const whole = Buffer.concat(parts);
  const isPacked = headers["content-encoding"] === "gzip" && whole.length > 0;
  return { code, headers, body: isPacked ? gunzipSync(whole) : whole };
}

interface Readable {
  on(event: "data", listener: (chunk: Uint8Array) => void): unknown;
  on(event: "end", listener: () => void): unknown;
}

/** All of a body, or of a stream what comes in its time. */
function collected(from: Readable, stream: boolean, stop: () => void): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  return new Promise((resolve) => {
    const done = (): void => resolve(parts);
    from.on("data", (chunk) => parts.push(chunk));
    from.on("end", done);
    if (!stream) return;
    setTimeout(() => {
      done();
      stop();
    }, streamFor);
  });
}

type Identity = { ca: string; cert: string; key: string };

function overHttp1(server: URL, identity: Identity, question: WireQuestion): Promise<WireAnswer> {
  const { method, path, headers, body, stream } = question;
  return new Promise((resolve, reject) => {
    const asked = https.request(
      { host: server.hostname, port: server.port, method, path, headers, ...identity },
      async (response) => {
        const parts = await collected(response, stream, () => asked.destroy());
        resolve(answered(response.statusCode ?? 0, textOf(response.headers), parts));
      },
    );
    asked.setTimeout(answerWithin, () => asked.destroy(new Error("no answer")));
    asked.on("error", reject);
    asked.end(body === undefined ? undefined : Buffer.from(body));
  });
}

function overHttp2(session: http2.ClientHttp2Session, question: WireQuestion): Promise<WireAnswer> {
  const { method, path, headers, body, stream } = question;
  return new Promise((resolve, reject) => {
    // Left to itself a DELETE has no body.
    const asked = session.request(
      { ":method": method, ":path": path, ...headers },
      { endStream: body === undefined },
    );
    asked.setTimeout(answerWithin, () => asked.destroy(new Error("no answer")));
    asked.on("error", reject);
    asked.on("response", async (got) => {
      const parts = await collected(asked, stream, () => asked.close());
      resolve(answered(Number(got[":status"]), textOf(got), parts));
    });
    if (body !== undefined) asked.end(body);
  });
}

/** An answer of its own: none came. */
const broken = (error: unknown): WireAnswer => ({
  code: 0,
  headers: {},
  body: Buffer.from(error instanceof Error ? error.message : `${error}`),
});

/** To the server that a kubeconfig file names. */
export function wireTo(file: string): Wire {
  const config = readKubeconfig(readFileSync(file, "utf8"));
  const server = new URL(config.server);
  const identity = {
    ca: config.certificateAuthority ?? "",
    cert: config.certificate ?? "",
    key: config.privateKey ?? "",
  };
  let session: http2.ClientHttp2Session | undefined;
  const open = (): http2.ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) {
      session = http2.connect(server, identity);
      session.on("error", () => undefined);
      session.setMaxListeners(0);
    }
    return session;
  };
  return {
    ask: (question) =>
      (question.http === 1
        ? overHttp1(server, identity, question)
        : overHttp2(open(), question)
      ).catch(broken),
    close: () => session?.destroy(),
  };
}
