/** pods/proxy, services/proxy and nodes/proxy: any HTTP request, handed on; upgrades too. */

import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { messageOf } from "#apimachinery/error-message.ts";
import { refusal } from "#apimachinery/status.ts";
import { admitConnect } from "#apiserver/admit.ts";
import { byteStream } from "#apiserver/byte-stream.ts";
import type { Call, Handler, ServerContext, Upgrade } from "#apiserver/call.ts";
import { methodNotAllowed } from "#apiserver/dispatch-refusals.ts";
import { bodyOf } from "#apiserver/plain-request.ts";
import { forward, type UpgradedSocket, upgradeFields } from "#apiserver/streams/forward.ts";
import { endpointOf, nodesOf } from "#apiserver/streams/pod-node.ts";
import { rewriteLinks } from "#apiserver/streams/proxied-html.ts";
import {
  hostPort,
  type ProxyTarget,
  podTarget,
  proxyable,
  proxyName,
  serviceTarget,
} from "#apiserver/streams/proxy-target.ts";
import { connected } from "#streaming/connected.ts";
import { requestUpgrade } from "#streaming/upgrade.ts";

/** Upstream waits that long for a connection. */
const connectMilliseconds = 30_000;

/** Of this connection, not of the request; and credentials, which are for this server alone. */
const keptBack = new Set([
  "connection",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "content-length",
  "host",
  "authorization",
]);

function fieldsOf(headers: Headers): Record<string, string> {
  const kept = [...headers].filter(
    ([name]) => !keptBack.has(name) && !name.startsWith("impersonate-"),
  );
  return Object.fromEntries(kept);
}

interface Place {
  /** Up to and with `/proxy`. */
  readonly prefix: string;
  /** What follows, with the query; empty: nothing follows. */
  readonly path: string;
  readonly search: string;
}

function placeOf({ request, info }: Call): Place {
  const { pathname, search } = new URL(request.url);
  // /api/v1/namespaces/NS/pods/NAME/proxy or /api/v1/nodes/NAME/proxy
  const depth = info.namespace === "" ? 6 : 8;
  const parts = pathname.split("/");
  const rest = parts.slice(depth);
  const path = rest.length === 0 ? "" : `/${rest.join("/")}`;
  return { prefix: parts.slice(0, depth).join("/"), path, search };
}

/** A longer page goes through as it is. */
const pageBytesMax = 8 * 1024 * 1024;

/** The page with links that work where it is seen; undefined: no page, or too long a one. */
async function pageOf(answer: IncomingMessage, prefix: string): Promise<string | undefined> {
  const {
    "content-type": type = "",
    "content-encoding": encoding,
    "content-length": length,
  } = answer.headers;
  const isPage = type.split(";")[0]?.trim() === "text/html" && encoding === undefined;
  // Of what is streamed nobody knows the length: a page that never ends must not be waited for.
  if (!isPage || length === undefined || Number(length) > pageBytesMax) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(Buffer.from(piece));
  // Bytes in, bytes out: the page's own encoding is left alone.
  return rewriteLinks(Buffer.concat(pieces).toString("latin1"), prefix);
}

async function answerOf(answer: IncomingMessage, { prefix }: Place): Promise<Response> {
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value === undefined || keptBack.has(name)) continue;
    for (const one of [value].flat()) headers.append(name, one);
  }
  const location = headers.get("location");
  // Whoever is behind the proxy does not know under which path it is seen.
  if (location?.startsWith("/") === true) headers.set("location", `${prefix}${location}`);
  const status = answer.statusCode ?? 502;
  const empty = status === 204 || status === 304;
  const page = empty ? undefined : await pageOf(answer, prefix);
  if (page !== undefined) return new Response(Buffer.from(page, "latin1"), { status, headers });
  return new Response(empty ? null : byteStream(answer), { status, headers });
}

function unreachable(error: unknown): Error {
  const why = messageOf(error);
  return refusal("ServiceUnavailable", `error trying to reach service: ${why}`);
}

function ask(target: ProxyTarget, call: Call, path: string, body: Uint8Array): Promise<Response> {
  const { host, port, scheme } = target;
  const { request } = call;
  const headers = { ...fieldsOf(request.headers), host: hostPort(target) };
  // The certificates of pods are nobody's: upstream does not look at them either.
  const options = { host, port, path, method: request.method, headers, rejectUnauthorized: false };
  return new Promise((resolve, reject) => {
    const asked = scheme === "https" ? httpsRequest(options) : httpRequest(options);
    const late = new Error(`dial ${hostPort(target)}: no answer in time`);
    const timer = setTimeout(() => asked.destroy(late), connectMilliseconds);
    asked.once("response", (answer) => {
      clearTimeout(timer);
      request.signal.addEventListener("abort", () => answer.destroy());
      answerOf(answer, placeOf(call)).then(resolve, reject);
    });
    asked.once("error", (error) => {
      clearTimeout(timer);
      reject(unreachable(error));
    });
    asked.end(body);
  });
}

async function upgradeTo(target: ProxyTarget, call: Call, path: string): Promise<UpgradedSocket> {
  const { host, port, scheme } = target;
  const secure = scheme === "https";
  const socket = secure
    ? tlsConnect({ host, port, rejectUnauthorized: false })
    : tcpConnect({ host, port });
  const { headers, method } = call.request;
  const fields = { ...fieldsOf(headers), ...upgradeFields(headers) };
  try {
    await connected(socket, secure ? "secureConnect" : "connect", connectMilliseconds);
    const asked = { method, path, host: hostPort(target), fields };
    return { socket, answer: await requestUpgrade(socket, asked) };
  } catch (error) {
    socket.destroy();
    throw unreachable(error);
  }
}

async function through(target: ProxyTarget, call: Call): Promise<Response> {
  const { path, search } = placeOf(call);
  const whole = `${path === "" ? "/" : path}${search}`;
  const { upgrade } = call;
  if (upgrade !== undefined) return forward(upgrade, await upgradeTo(target, call, whole));
  return ask(target, call, whole, await bodyOf(call.request));
}

/** `…/proxy` without a slash behind it: relative links of what is shown there would lead elsewhere. */
function redirected(call: Call): Response | undefined {
  const { prefix, path, search } = placeOf(call);
  const { method } = call.request;
  if (path !== "" || (method !== "GET" && method !== "HEAD")) return undefined;
  return new Response(null, { status: 301, headers: { location: `${prefix}/${search}` } });
}

type ProxyKind = "Pod" | "Service" | "Node";

/** Upstream's options of a proxy: the path behind it. */
const admitted =
  (kind: ProxyKind, handler: Handler): Handler =>
  async (server, call) => {
    await admitConnect(server, call, `${kind}ProxyOptions`);
    return handler(server, call);
  };

type Find = (server: ServerContext, call: Call) => ProxyTarget;

const proxied =
  (find: Find): Handler =>
  async (server, call) => {
    const target = find(server, call);
    return redirected(call) ?? through(target, call);
  };

const nodeProxy: Handler = async (server, call) => {
  const { name, port, scheme } = proxyName(call.info.name);
  const endpoint = endpointOf(server, name);
  if (port !== "" && port !== `${endpoint.port}`) {
    const target = { scheme, host: proxyable(endpoint.host), port: Number(port) };
    return redirected(call) ?? through(target, call);
  }
  const place = placeOf(call);
  const again = redirected(call);
  if (again !== undefined) return again;
  const path = `${place.path}${place.search}`;
  const { method, headers } = call.request;
  if (call.upgrade !== undefined) return toNode(server, call, call.upgrade, path);
  const body = await bodyOf(call.request);
  const asked = { method, headers: fieldsOf(headers), body };
  const answer = await nodesOf(server).open(endpoint, path, asked);
  call.request.signal.addEventListener("abort", () => answer.destroy());
  return answerOf(answer, place);
};

async function toNode(
  server: ServerContext,
  { request, info }: Call,
  upgrade: Upgrade,
  path: string,
): Promise<Response> {
  const endpoint = endpointOf(server, proxyName(info.name).name);
  const { method, headers } = request;
  const fields = { ...fieldsOf(headers), ...upgradeFields(headers) };
  return forward(upgrade, await nodesOf(server).upgrade(endpoint, { method, path, fields }));
}

const every = (kind: ProxyKind, proxy: Handler) => {
  const handler = admitted(kind, proxy);
  // OPTIONS is the one method that goes through and is no verb.
  const others: Handler = (server, call) => {
    if (call.request.method !== "OPTIONS") throw methodNotAllowed();
    return handler(server, call);
  };
  const verbs = { get: handler, create: handler, update: handler, patch: handler, delete: handler };
  return { ...verbs, "": others };
};

export const podProxy = every(
  "Pod",
  proxied((server, { info }) => podTarget(server, info.namespace, proxyName(info.name))),
);
export const serviceProxy = every(
  "Service",
  proxied((server, { info }) => serviceTarget(server, info.namespace, proxyName(info.name))),
);
export const nodeProxies = every("Node", nodeProxy);
