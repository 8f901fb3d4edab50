/** pods/log: the node's own answer, streamed as it comes. */
import type { IncomingMessage } from "node:http";
import { badRequest, notFound, refusal } from "#apimachinery/status.ts";
import { byteStream } from "#apiserver/byte-stream.ts";
import type { Call, Handler } from "#apiserver/call.ts";
import { named } from "#apiserver/endpoint.ts";
import { currentEntry } from "#apiserver/handlers/get.ts";
import { flag, integer, text } from "#apiserver/query.ts";
import { headersOf } from "#apiserver/respond.ts";
import { acceptWebSocket, isWebSocket } from "#apiserver/streams/accept-websocket.ts";
import { taken } from "#apiserver/streams/forward.ts";
import { containerOf, endpointOf, nodesOf } from "#apiserver/streams/pod-node.ts";
import { chooseReaderProtocol, sendAll } from "#apiserver/streams/reader-socket.ts";
import type { Pod } from "#gen/api/core/v1.ts";

/** Query parameters that the node understands; any other stays here. */
const passed = ["follow", "previous", "timestamps", "sinceTime", "stream"] as const;
const numbers = ["tailLines", "limitBytes", "sinceSeconds"] as const;

function logQuery({ query }: Call): string {
  const kept = new URLSearchParams();
  for (const name of passed) {
    const value = text(query, name);
    if (value !== "") kept.set(name, value);
  }
  for (const name of numbers) {
    const value = integer(query, name);
    if (value === undefined) continue;
    if (value < (name === "tailLines" ? 0 : 1)) throw badRequest(`${name} must be greater than 0`);
    kept.set(name, `${value}`);
  }
  if (kept.has("sinceSeconds") && kept.has("sinceTime")) {
    throw badRequest("at most one of `sinceTime` or `sinceSeconds` may be specified");
  }
  const all = kept.toString();
  return all === "" ? "" : `?${all}`;
}

const messageBytesMax = 4096;

/** What a node says when it refuses; upstream passes its text and code on. */
async function refusalOf(answer: IncomingMessage, call: Call): Promise<Error> {
  let message = "";
  for await (const chunk of answer) {
    message += `${chunk}`;
    if (message.length > messageBytesMax) break;
  }
  const { name } = call.info;
  if (answer.statusCode === 404) return notFound(named(call.endpoint, name));
  if (answer.statusCode === 400) return badRequest(message.trim());
  const why = `the server rejected our request for an unknown reason: ${message.trim()}`;
  return refusal("InternalError", why);
}

/** undefined: a plain request. Throws BadRequest when no protocol is common. */
function socketOf(call: Call) {
  const { upgrade, request } = call;
  if (upgrade === undefined || !isWebSocket(call)) return undefined;
  const offered = request.headers.get("sec-websocket-protocol");
  return { upgrade, protocol: chooseReaderProtocol(offered) };
}

function nothing({ auditId }: Call): Response {
  const headers = { "audit-id": auditId, "cache-control": "no-cache, private" };
  return new Response(null, { status: 204, headers });
}

const get: Handler = async (server, call) => {
  // The endpoint is that of pods.
  const pod = (await currentEntry(server, call)).object as Pod;
  const container = containerOf(pod, text(call.query, "container"));
  const query = logQuery(call);
  const socket = socketOf(call);
  const { nodeName = "" } = pod.spec;
  // A pod without a node has nothing to tell yet.
  if (nodeName === "") return nothing(call);
  const { namespace, name } = call.info;
  const path = `/containerLogs/${namespace}/${name}/${encodeURIComponent(container)}${query}`;
  const endpoint = endpointOf(server, nodeName);
  const answer = await nodesOf(server).open(endpoint, path, { method: "GET" });
  if (answer.statusCode !== 200) throw await refusalOf(answer, call);
  if (socket !== undefined) {
    const near = acceptWebSocket(call, socket.upgrade, socket.protocol);
    void sendAll(near, socket.protocol, answer).finally(() => answer.destroy());
    return taken();
  }
  const headers = headersOf(call, "text/plain");
  if (flag(call.query, "follow"))
    call.request.signal.addEventListener("abort", () => answer.destroy());
  return new Response(byteStream(answer), { status: 200, headers });
};

export const podLog = { get };
