/**
 * The agent's own HTTPS endpoint, which the API server asks for logs and streams: client certificates only, of
 * the cluster's client authority. One endpoint serves all nodes of a process.
 */
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { KeyPair } from "#apimachinery/pki.ts";
import { ApiError, badRequest, notFound } from "#apimachinery/status.ts";
import type { Side } from "#streaming/relay.ts";
import { refuseUpgrade } from "#streaming/upgrade.ts";
import type { Logger } from "#telemetry/log.ts";
import { type AskedRight, askedRight, type Caller } from "./kubelet-authorization.ts";
import { resourceMetrics } from "./metrics/resource-metrics.ts";
import { statsSummary } from "./metrics/summary.ts";
import type { Usage } from "./metrics/usage.ts";
import type { NodePods } from "./node-pods.ts";
import { refuseStream, serveStream, streamRequest } from "./streams/serve-stream.ts";
import { streamPath } from "./streams/stream-request.ts";

export interface KubeletServerOptions {
  readonly host: string;
  /** 0: any free one. Upstream's is 10250. */
  readonly port: number;
  /** Hangs up on whoever calls at an address of this machine that others reach as well. */
  readonly onlyLoopback?: boolean;
  readonly serving: KeyPair;
  /** PEM of the authority whose client certificates are believed. */
  readonly clientAuthority: string;
  readonly authorize: (caller: Caller, asked: AskedRight) => Promise<boolean>;
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
  server.on("upgrade", (request, socket, head) => {
    socket.on("error", () => socket.destroy());
    stream(options, request, { socket, head }).catch((error: unknown) => {
      options.logger.debug("stream refused", { path: request.url, error: String(error) });
      refuseStream(socket, error);
    });
  });
  server.on("sessionError", () => {});
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    if (options.onlyLoopback && !isLoopback(socket.localAddress)) {
      socket.destroy();
      return;
    }
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

function isLoopback(address: string | undefined): boolean {
  return address?.replace("::ffff:", "").startsWith("127.") ?? false;
}

async function answer(
  options: KubeletServerOptions,
  request: Http2ServerRequest,
  response: Http2ServerResponse,
): Promise<void> {
  const url = new URL(request.url, "https://kubelet");
  try {
    if (url.pathname === "/healthz") return text(response, 200, "ok");
    const refused = await refusalFor(options, request, url);
    if (refused !== undefined) return text(response, refused.code, refused.sentence);
    if (url.pathname === "/pods") return pods(options, response);
    if (url.pathname === "/metrics/resource") return await metrics(options, response);
    if (url.pathname === "/stats/summary") return await summary(options, response);
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

/** undefined: whoever asks may. */
async function refusalFor(
  options: KubeletServerOptions,
  request: Http2ServerRequest,
  { pathname }: URL,
): Promise<{ readonly code: number; readonly sentence: string } | undefined> {
  const caller = callerOf(request);
  if (caller === undefined) return { code: 401, sentence: "Unauthorized" };
  const asked = askedRight(request.method, pathname);
  if (await options.authorize(caller, asked)) return undefined;
  const { verb, subresources } = asked;
  const sentence = `Forbidden (user=${caller.commonName}, verb=${verb}, resource=nodes, subresource(s)=[${subresources.join(" ")}])`;
  return { code: 403, sentence };
}

/** exec, attach, port-forward. Throws before the upgrade is granted. */
async function stream(
  options: KubeletServerOptions,
  request: Http2ServerRequest,
  near: Side,
): Promise<void> {
  const url = new URL(request.url, "https://kubelet");
  const refused = await refusalFor(options, request, url);
  if (refused !== undefined) {
    const body = Buffer.from(`${refused.sentence}\n`);
    return refuseUpgrade(near.socket, refused.code, { "content-type": "text/plain" }, body);
  }
  const path = streamPath(url);
  if (path === undefined) throw notFound({ group: "", resource: "paths", name: url.pathname });
  for (const node of options.nodes()) {
    const pod = node.find(path.namespace, path.pod);
    if (pod === undefined) continue;
    if (path.uid !== undefined && path.uid !== pod.metadata.uid) break;
    const asked = await streamRequest(node.runs, pod, path);
    const { method, headers } = request;
    const fields = Object.entries(headers).flatMap(([name, value]) =>
      typeof value === "string" && isUpgradeField(name) ? [[name, value] as const] : [],
    );
    return serveStream(node.runs, asked, { method, fields: Object.fromEntries(fields), near });
  }
  throw notFound({ group: "", resource: "pods", name: path.pod });
}

const isUpgradeField = (name: string): boolean =>
  name === "upgrade" ||
  name.startsWith("sec-websocket-") ||
  // Several versions come as one field, or as several that are joined.
  name === "x-stream-protocol-version";

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

/** Several nodes of one process are told as one. */
async function wholeUsage(options: KubeletServerOptions): Promise<Usage | undefined> {
  const all = await Promise.all([...options.nodes()].map((node) => node.usage()));
  const [first] = all;
  return first && { node: first.node, pods: all.flatMap(({ pods: one }) => one) };
}

async function metrics(
  options: KubeletServerOptions,
  response: Http2ServerResponse,
): Promise<void> {
  const usage = await wholeUsage(options);
  if (usage === undefined) return text(response, 503, "the node is not registered yet");
  response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
  response.end(resourceMetrics(usage));
}

async function summary(
  options: KubeletServerOptions,
  response: Http2ServerResponse,
): Promise<void> {
  const usage = await wholeUsage(options);
  if (usage === undefined) return text(response, 503, "the node is not registered yet");
  const [node] = options.nodes();
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(statsSummary(node?.nodeName ?? "", usage)));
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
