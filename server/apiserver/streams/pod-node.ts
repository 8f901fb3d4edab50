/** From a pod to the node, and the container on it, that its streams come from. */
import { badRequest, notFound, refusal } from "#apimachinery/status.ts";
import type { ServerContext } from "#apiserver/call.ts";
import {
  type NodeConnections,
  type NodeEndpoint,
  nodeEndpoint,
} from "#apiserver/node-connections.ts";
import { type Node, nodes, type Pod } from "#gen/api/core/v1.ts";

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

/** Throws NotFound. */
export function endpointOf({ cache }: ServerContext, nodeName: string): NodeEndpoint {
  const { group, plural } = nodes;
  const entry = cache.get({ group, resource: plural, namespace: "", name: nodeName });
  if (entry === undefined) throw notFound({ group, resource: plural, name: nodeName });
  // Only nodes are stored under nodes.
  return nodeEndpoint(entry.object as Node);
}

export function nodesOf({ nodes: connections }: ServerContext): NodeConnections {
  if (connections !== undefined) return connections;
  throw refusal("ServiceUnavailable", "this API server has no connection to nodes");
}
