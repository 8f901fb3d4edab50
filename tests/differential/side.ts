/** A server to ask: a running one by its kubeconfig, or ours in this process, over memory. */
import { readFileSync } from "node:fs";
import { httpsTransport } from "#client/https-transport.ts";
import { readKubeconfig } from "#client/kubeconfig.ts";
import { openTestServer } from "#tests/security/server.ts";
import type { Answer } from "./compare.ts";

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly contentType?: string;
  readonly body?: unknown;
}

export interface Side {
  ask(question: Question): Promise<Answer>;
  close(): Promise<void>;
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.includes("json") === true;
  const warnings = [
    ...(response.headers.get("warning") ?? "").matchAll(/299 - "((?:[^"\\]|\\.)*)"/g),
  ];
  return {
    code: response.status,
    body: isJson && text !== "" ? JSON.parse(text) : text,
    warnings: warnings.map(([, sentence = ""]) => sentence),
  };
}

const headersOf = ({
  contentType = "application/json",
  body,
}: Question): Record<string, string> => ({
  accept: "application/json",
  ...(body === undefined ? {} : { "content-type": contentType }),
});

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
      const { method, path, body } = question;
      const init = { method, headers: headersOf(question) };
      const request = new Request(
        `${server}${path}`,
        body === undefined ? init : { ...init, body: JSON.stringify(body) },
      );
      return answerOf(await transport(request));
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
    clientCertificate: { commonName: "admin", organizations: ["system:masters"] },
  };
  return {
    async ask(question) {
      const { method, path, body } = question;
      const init = { method, headers: headersOf(question) };
      const request = new Request(
        `https://test${path}`,
        body === undefined ? init : { ...init, body: JSON.stringify(body) },
      );
      return answerOf(await server.app.fetch(request, connection));
    },
    close: () => server.close(),
  };
}
