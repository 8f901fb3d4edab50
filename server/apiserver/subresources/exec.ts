/** pods/exec, pods/attach and pods/portforward: the node's own streams, in the client's protocol. */
import { badRequest } from "#apimachinery/status.ts";
import { admitConnect } from "#apiserver/admit.ts";
import { forbiddenRequest } from "#apiserver/authorization/authorizer.ts";
import type { Call, Handler, ServerContext, Upgrade } from "#apiserver/call.ts";
import { currentEntry } from "#apiserver/handlers/get.ts";
import { flag, type Query, text } from "#apiserver/query.ts";
import { acceptWebSocket, isWebSocket } from "#apiserver/streams/accept-websocket.ts";
import { chooseProtocol } from "#apiserver/streams/channels.ts";
import {
  forward,
  refusedUpgrade,
  taken,
  type UpgradedSocket,
  upgradeFields,
} from "#apiserver/streams/forward.ts";
import { containerOf, endpointOf, nodesOf } from "#apiserver/streams/pod-node.ts";
import { choosePortProtocol, forwardPorts, portsOf } from "#apiserver/streams/port-channels.ts";
import {
  nodeProtocol,
  runRemoteCommand,
  type WantedStreams,
} from "#apiserver/streams/remote-command.ts";
import { portForwardProtocol, tunnel, tunnelProtocol } from "#apiserver/streams/tunnel.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import type { Side } from "#streaming/relay.ts";
import type { Fields } from "#streaming/upgrade.ts";

function upgradeOf({ upgrade }: Call): Upgrade {
  if (upgrade === undefined) throw badRequest("Upgrade request required");
  return upgrade;
}

/** A browser's WebSocket is a GET: who may only read must not run commands by it. */
async function authorizeCreate({ authorizer }: ServerContext, call: Call): Promise<void> {
  if (!isWebSocket(call) || call.info.verb === "create") return;
  const attributes = { ...call.info, verb: "create", user: call.user };
  const { allowed, reason } = await authorizer.authorize(attributes);
  if (!allowed) throw forbiddenRequest(attributes, reason);
}

async function podOf(server: ServerContext, call: Call): Promise<Pod> {
  // The endpoint is that of pods.
  const pod = (await currentEntry(server, call)).object as Pod;
  const { nodeName = "" } = pod.spec;
  if (nodeName === "") throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`);
  return pod;
}

/** Asks the pod's node. */
function askNode(
  server: ServerContext,
  { spec }: Pod,
  path: string,
  fields: Fields,
  method: string,
): Promise<UpgradedSocket> {
  const endpoint = endpointOf(server, spec.nodeName ?? "");
  return nodesOf(server).upgrade(endpoint, { method, path, fields });
}

function wantedStreams(query: Query): WantedStreams {
  const tty = flag(query, "tty");
  const wanted = {
    stdin: flag(query, "stdin"),
    stdout: flag(query, "stdout"),
    stderr: flag(query, "stderr") && !tty,
    tty,
  };
  if (wanted.stdin || wanted.stdout || wanted.stderr) return wanted;
  throw badRequest("you must specify at least 1 of stdin, stdout, stderr");
}

/** Nodes have names of their own for the same switches. */
function nodeQuery({ stdin, stdout, stderr, tty }: WantedStreams, command: readonly string[]) {
  const query = new URLSearchParams(command.map((part): [string, string] => ["command", part]));
  if (stdin) query.set("input", "1");
  if (stdout) query.set("output", "1");
  if (stderr) query.set("error", "1");
  if (tty) query.set("tty", "1");
  return query;
}

function remoteCommand(verb: "exec" | "attach"): Handler {
  return async (server, call) => {
    await authorizeCreate(server, call);
    await admitConnect(server, call, verb === "exec" ? "PodExecOptions" : "PodAttachOptions");
    const { query, request, info } = call;
    const pod = await podOf(server, call);
    const upgrade = upgradeOf(call);
    const container = containerOf(pod, text(query, "container"));
    const wanted = wantedStreams(query);
    const command = verb === "exec" ? (query?.getAll("command") ?? []) : [];
    if (verb === "exec" && command.length === 0) {
      throw badRequest("you must specify at least 1 command");
    }
    const place = [info.namespace, info.name, container].map(encodeURIComponent).join("/");
    const path = `/${verb}/${place}?${nodeQuery(wanted, command)}`;
    if (!isWebSocket(call)) {
      const fields = upgradeFields(request.headers);
      return forward(upgrade, await askNode(server, pod, path, fields, request.method));
    }
    const protocol = chooseProtocol(request.headers.get("sec-websocket-protocol"));
    if (protocol === undefined) throw badRequest("no WebSocket protocol of the request is known");
    const fields = { upgrade: "SPDY/3.1", "x-stream-protocol-version": nodeProtocol };
    const far = await askNode(server, pod, path, fields, "POST");
    const { socket, answer } = far;
    if (answer.status !== 101) return refusedUpgrade(far);
    const near = acceptWebSocket(call, upgrade, protocol);
    void runRemoteCommand(near, protocol, { socket, head: answer.head }, wanted);
    return taken();
  };
}

const portForward: Handler = async (server, call) => {
  await authorizeCreate(server, call);
  await admitConnect(server, call, "PodPortForwardOptions");
  const { request, info, query } = call;
  const pod = await podOf(server, call);
  const upgrade = upgradeOf(call);
  const asked = query?.getAll("ports") ?? [];
  const ports = new URLSearchParams(asked.map((port): [string, string] => ["port", port]));
  const place = [info.namespace, info.name].map(encodeURIComponent).join("/");
  const path = `/portForward/${place}${ports.size === 0 ? "" : `?${ports}`}`;
  if (!isWebSocket(call)) {
    const fields = upgradeFields(request.headers);
    return forward(upgrade, await askNode(server, pod, path, fields, request.method));
  }
  const talk = portTalk(request.headers.get("sec-websocket-protocol"), asked);
  const fields = { upgrade: "SPDY/3.1", "x-stream-protocol-version": portForwardProtocol };
  const far = await askNode(server, pod, path, fields, "POST");
  const { socket, answer } = far;
  if (answer.status !== 101) return refusedUpgrade(far);
  void talk.run(acceptWebSocket(call, upgrade, talk.protocol), { socket, head: answer.head });
  return taken();
};

interface PortTalk {
  readonly protocol: string;
  run(near: Side, far: Side): Promise<void>;
}

/** A WebSocket carries either the SPDY connection that the client would have made, or two channels a port. */
function portTalk(offered: string | null, asked: readonly string[]): PortTalk {
  if (offered?.split(/,\s*/).includes(tunnelProtocol)) {
    return { protocol: tunnelProtocol, run: tunnel };
  }
  const protocol = choosePortProtocol(offered);
  if (protocol === undefined) throw badRequest("no WebSocket protocol of the request is known");
  const ports = portsOf(asked);
  return { protocol, run: (near, far) => forwardPorts(near, protocol, far, ports) };
}

const both = (handler: Handler) => ({ get: handler, create: handler });

export const podExec = both(remoteCommand("exec"));
export const podAttach = both(remoteCommand("attach"));
export const podPortForward = both(portForward);
