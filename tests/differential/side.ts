/** A server to ask: a running one by its kubeconfig, or ours in this process, over memory. */
import { readFileSync } from "node:fs";
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

async function answerOf(response: Response): Promise<Answer> {
  const bytes = new Uint8Array(await response.arrayBuffer());
  const text = new TextDecoder().decode(bytes);
  const contentType = response.headers.get("content-type") ?? "";
  const said = response.headers.get("warning") ?? "";
  const warnings = [...said.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)];
  return {
    code: response.status,
    contentType,
    body: contentType.includes("json") && text !== "" ? parsed(text) : text,
    warnings: warnings.map(([, sentence = ""]) => sentence),
  };
}

/** A watch answers several documents. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const lines = text.split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line));
  }
}

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
          return await answerOf(await transport(requestOf(server, question)));
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

export async function ownSide(): Promise<Side> {
  const server = await openTestServer();
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
      return answerOf(question.method === "HEAD" ? new Response(null, answer) : answer);
    },
    close: () => server.close(),
  };
}
