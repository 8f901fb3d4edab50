/** pods/log: the node's own answer, streamed as it comes. */
import type { IncomingMessage } from "node:http";
import { badRequest, notFound, refusal } from "#apimachinery/status.ts";
import { byteStream } from "#apiserver/byte-stream.ts";
import type { Call, Handler, ServerContext } from "#apiserver/call.ts";
import { named } from "#apiserver/endpoint.ts";
import { currentEntry } from "#apiserver/handlers/get.ts";
import { nodeEndpoint } from "#apiserver/node-connections.ts";
import { flag, integer, text } from "#apiserver/query.ts";
import { headersOf } from "#apiserver/respond.ts";
import { type Node, nodes, type Pod } from "#gen/api/core/v1.ts";

/** Query parameters that the node understands; any other stays here. */
const passed = ["follow", "previous", "timestamps", "sinceTime", "stream"] as const;
const numbers = ["tailLines", "limitBytes", "sinceSeconds"] as const;

/** The container that is meant: the only one, or the default that the pod names. Throws BadRequest. */
export function containerOf({ metadata, spec }: Pod, asked: string): string {
  const names = [
    ...spec.containers,
    ...(spec.initContainers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ].map(({ name }) => name);
  if (asked !== "") {
    if (names.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${metadata.name}`);
  }
  const [only] = names;
  if (names.length === 1 && only !== undefined) return only;
  const plain = spec.containers.map(({ name }) => name).join(" ");
  const init = (spec.initContainers ?? []).map(({ name }) => name).join(" ");
  const also = init === "" ? "" : ` or one of the init containers: [${init}]`;
  throw badRequest(
    `a container name must be specified for pod ${metadata.name}, choose one of: [${plain}]${also}`,
  );
}

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

function nodeOf({ cache }: ServerContext, nodeName: string): Node {
  const { group, plural } = nodes;
  const entry = cache.get({ group, resource: plural, namespace: "", name: nodeName });
  if (entry === undefined) throw notFound({ group, resource: plural, name: nodeName });
  // Only nodes are stored under nodes.
  return entry.object as Node;
}

const get: Handler = async (server, call) => {
  // The endpoint is that of pods.
  const pod = (await currentEntry(server, call)).object as Pod;
  const container = containerOf(pod, text(call.query, "container"));
  const query = logQuery(call);
  const { nodeName = "" } = pod.spec;
  // Upstream: a pod without a node has an empty log.
  if (nodeName === "") return new Response("", { headers: headersOf(call, "text/plain") });
  if (server.nodes === undefined) {
    throw refusal("ServiceUnavailable", "this API server has no connection to nodes");
  }
  const { namespace, name } = call.info;
  const path = `/containerLogs/${namespace}/${name}/${encodeURIComponent(container)}${query}`;
  const endpoint = nodeEndpoint(nodeOf(server, nodeName));
  const answer = await server.nodes.open(endpoint, path, { method: "GET" });
  if (answer.statusCode !== 200) throw await refusalOf(answer, call);
  const headers = headersOf(call, "text/plain");
  if (flag(call.query, "follow"))
    call.request.signal.addEventListener("abort", () => answer.destroy());
  return new Response(byteStream(answer), { status: 200, headers });
};

export const podLog = { get };
