/** A server to ask: a running one by its kubeconfig, or ours in this process, over memory. */
import { readFileSync } from "node:fs";
import { readWatchFrames, type WatchFrame } from "#apimachinery/codec/watch-frames.ts";
import { httpsTransport } from "#client/https-transport.ts";
import { readKubeconfig } from "#client/kubeconfig.ts";
import { openTestServer } from "#tests/security/server.ts";

export interface Question {
  readonly method: string;
  readonly path: string;
  /** Default application/json where there is a body. */
  readonly contentType?: string;
  /** Default application/json. */
  readonly accept?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, but for text and bytes: those as they are. */
  readonly body?: unknown;
}

/** What a server answered. */
export interface Answer {
  readonly code: number;
  readonly contentType: string;
  // biome-ignore lint/suspicious/noExplicitAny: answers of every shape are compared
  readonly body: any;
  readonly warnings: readonly string[];
}

export interface Side {
  ask(question: Question): Promise<Answer>;
  close(): Promise<void>;
}

async function answerOf(response: Response, isWatch: boolean): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const contentType = response.headers.get("content-type") ?? "";
  const said = response.headers.get("warning") ?? "";
  const warnings = [...said.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)];
  return {
    code: response.status,
    contentType,
    body: await bodyOf({ bytes, contentType, isWatch: isWatch && response.ok }),
    warnings: warnings.map(([, sentence = ""]) => sentence),
  };
}

async function framesOf(bytes: Uint8Array<ArrayBuffer>): Promise<readonly WatchFrame[]> {
  const frames: WatchFrame[] = [];
  for await (const frame of readWatchFrames(new Blob([bytes]).stream())) frames.push(frame);
  return frames;
}

const linesOf = (text: string): unknown[] =>
  text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

/** A bookmark before the end of a watch comes when its server finds the time. */
const isMilestone = (event: unknown): boolean =>
  !JSON.stringify(event).startsWith('{"type":"BOOKMARK"') ||
  JSON.stringify(event).includes("initial-events-end");

interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly isWatch: boolean;
}

/** A watch answers with its events, whatever their form. */
async function bodyOf({ bytes, contentType, isWatch }: Body): Promise<unknown> {
  if (contentType.includes("protobuf;stream=watch"))
    return (await framesOf(bytes)).filter(isMilestone);
  const text = new TextDecoder().decode(bytes);
  if (!contentType.includes("json")) return text;
  if (isWatch) return linesOf(text).filter(isMilestone);
  return text === "" ? text : JSON.parse(text);
}

const isWatch = ({ path }: Question): boolean => /[?&]watch=(true|1)\b/.test(path);

/** One name of the asker on both sides: it is in managedFields. */
const userAgent = "differential/1";

function requestOf(server: string, question: Question): Request {
  const { method, path, contentType, accept = "application/json", headers, body } = question;
  const type = contentType ?? (body === undefined ? undefined : "application/json");
  const all = {
    "user-agent": userAgent,
    accept,
    ...(type === undefined ? {} : { "content-type": type }),
    ...headers,
  };
  const raw = typeof body === "string" || body instanceof Uint8Array;
  const sent = raw ? new Uint8Array(Buffer.from(body)) : JSON.stringify(body);
  return new Request(
    `${server}${path}`,
    body === undefined ? { method, headers: all } : { method, headers: all, body: sent },
  );
}

const tries = 5;

/** A server that ends a connection says which requests it never began. */
const wasNotTaken = (error: unknown): boolean =>
  error instanceof Error && /GOAWAY|connection was lost/.test(error.message);

/** The code of a question that the server's own handler broke over: stock ones do, at some definitions. */
export const crashed = 0;

const isCrash = (error: unknown): boolean =>
  error instanceof Error && error.message.includes("NGHTTP2_INTERNAL_ERROR");

export function remoteSide(file: string): Side {
  const { server, certificateAuthority, certificate, privateKey, token } = readKubeconfig(
    readFileSync(file, "utf8"),
  );
  const stop = new AbortController();
  const transport = httpsTransport({
    ca: certificateAuthority,
    certificate,
    privateKey,
    token,
    signal: stop.signal,
  });
  return {
    async ask(question) {
      for (let attempt = 1; ; attempt++) {
        try {
          return await answerOf(await transport(requestOf(server, question)), isWatch(question));
        } catch (error) {
          if (isCrash(error)) return { code: crashed, contentType: "", body: "", warnings: [] };
          if (attempt === tries || !wasNotTaken(error)) throw error;
        }
      }
    },
    async close() {
      stop.abort();
    },
  };
}

/** As the stock server's: what asks for an address asks both for the same. */
const network = { serviceCidrs: ["10.0.0.0/16"], kubernetesServiceIps: ["10.0.0.1"] };
/** Of the second family, of servers that have two. */
export const secondServiceCidr = "fd00:10::/112";

export async function ownSide({ dualStack = false } = {}): Promise<Side> {
  const serviceCidrs = [...network.serviceCidrs, ...(dualStack ? [secondServiceCidr] : [])];
  const server = await openTestServer(undefined, undefined, { ...network, serviceCidrs });
  const connection = {
    remoteAddress: "127.0.0.1",
    clientCertificate: {
      commonName: "admin",
      organizations: ["system:masters"],
      fingerprint: "of a certificate",
    },
  };
  return {
    async ask(question) {
      const answer = await server.app.fetch(requestOf("https://test", question), connection);
      // No body goes over a wire then; without one it is for us to leave out.
      const read = question.method === "HEAD" ? new Response(null, answer) : answer;
      return answerOf(read, isWatch(question));
    },
    close: () => server.close(),
  };
}
