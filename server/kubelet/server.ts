/**
 * The agent's own HTTPS endpoint, which the API server asks for logs: client certificates only, of the
 * cluster's client authority. One endpoint serves all nodes of a process.
 */
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { KeyPair } from "#apimachinery/pki.ts";
import { ApiError, badRequest, notFound } from "#apimachinery/status.ts";
import type { Logger } from "#telemetry/log.ts";
import type { Caller } from "./kubelet-authorization.ts";
import type { NodePods } from "./node-pods.ts";

export interface KubeletServerOptions {
  readonly host: string;
  /** 0: any free one. Upstream's is 10250. */
  readonly port: number;
  readonly serving: KeyPair;
  /** PEM of the authority whose client certificates are believed. */
  readonly clientAuthority: string;
  readonly authorize: (caller: Caller, method: string) => Promise<boolean>;
  readonly nodes: () => Iterable<NodePods>;
  readonly logger: Logger;
}

export interface KubeletServer {
  readonly port: number;
  close(): Promise<void>;
}

export async function openKubeletServer(options: KubeletServerOptions): Promise<KubeletServer> {
  const server = createSecureServer({
    key: options.serving.privateKey,
    cert: options.serving.certificate,
    ca: options.clientAuthority,
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
  });
  server.on("request", (request, response) => {
    answer(options, request, response).catch((error: unknown) => {
      options.logger.warn("request failed", { path: request.url, error: String(error) });
      response.stream?.destroy();
    });
  });
  server.on("sessionError", () => {});
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : options.port;
  return {
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function answer(
  options: KubeletServerOptions,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): Promise<void> {
  const url = new URL(request.url, "https://kubelet");
  try {
    if (url.pathname === "/healthz") return text(response, 200, "ok");
    const caller = callerOf(request);
    if (caller === undefined) return text(response, 401, "Unauthorized");
    if (!(await options.authorize(caller, request.method))) {
      const sentence = `Forbidden (user=${caller.commonName}, verb=${request.method.toLowerCase()}, resource=nodes, subresource(s)=[proxy])`;
      return text(response, 403, sentence);
    }
    if (url.pathname === "/pods") return pods(options, response);
    const [, area, namespace, pod, container] = url.pathname.split("/").map(decodeURIComponent);
    if (area !== "containerLogs" || container === undefined)
      return text(response, 404, "not found");
    return await logs(
      options,
      response,
      { namespace: namespace ?? "", pod: pod ?? "", container },
      url,
    );
  } catch (error) {
    if (!(error instanceof ApiError) || response.headersSent) throw error;
    return text(response, error.status.code, error.message);
  }
}

/** Bun gives the certificate to h1 and h2 alike on the request's socket; Deno too. */
function callerOf(request: Http2ServerRequest): Caller | undefined {
  // The compat API types the socket as a plain one; on a secure server it is TLS.
  const socket = request.socket as TLSSocket;
  if (!socket.authorized) return undefined;
  const subject = socket.getPeerCertificate()?.subject;
  if (subject === undefined) return undefined;
  // One organization comes as a string, several as a list.
  const organizations: unknown = subject.O;
  const list = Array.isArray(organizations) ? organizations.map(String) : [organizations];
  return {
    commonName: String(subject.CN ?? ""),
    organizations: list.filter((one) => typeof one === "string"),
  };
}

function text(response: Http2ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8" });
  response.end(body);
}

function pods(options: KubeletServerOptions, response: Http2ServerResponse): void {
  const items = [...options.nodes()].flatMap((node) => node.list());
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: {}, items }));
}

async function logs(
  options: KubeletServerOptions,
  response: Http2ServerResponse,
  named: { readonly namespace: string; readonly pod: string; readonly container: string },
  url: URL,
): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  for (const node of options.nodes()) {
    const pod = node.find(named.namespace, named.pod);
    if (pod === undefined) continue;
    if (named.container === "") throw badRequest("a container name must be given");
    const chunks = await node.containerLogs(pod, named.container, url.searchParams, gone.signal);
    response.writeHead(200, { "content-type": "text/plain" });
    // A follower of a silent container is to know at once that it is connected.
    response.write("");
    for await (const chunk of chunks) {
      if (gone.signal.aborted) return;
      if (!response.write(chunk)) await drained(response, gone.signal);
    }
    response.end();
    return;
  }
  throw notFound({ group: "", resource: "pods", name: named.pod });
}

/** A slow reader holds the file, not the memory. */
function drained(response: Http2ServerResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once("drain", resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
