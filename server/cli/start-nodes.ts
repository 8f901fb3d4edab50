/** The nodes that `up` runs beside the control plane, in this very process. */
import type { App } from "#apiserver/app.ts";
import type { ClusterSecrets } from "#apiserver/bootstrap/cluster-pki.ts";
import type { Nodes, NodesOptions } from "#cli/compose.ts";
import { componentUser, inProcessClient } from "#cli/in-process-client.ts";
import type { Client } from "#client/client.ts";
import { startSimulatedNodes } from "#kubelet/simulated/start-nodes.ts";
import { startNode } from "#kubelet/start-node.ts";
import type { Logger } from "#telemetry/log.ts";
import { untilReady } from "./until-ready.ts";

export interface StartNodesParts {
  readonly app: App;
  readonly secrets: ClusterSecrets;
  readonly nodes: NodesOptions;
  readonly dataDir: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Two clusters on one machine: each node's endpoint takes a free port and says which. */
const anyPort = 0;
const clusterDomain = "cluster.local";

export async function startNodes(parts: StartNodesParts): Promise<Nodes> {
  const { app, nodes } = parts;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, parts.signal]);
  const clientFor = (name: string): Client =>
    inProcessClient(app, componentUser(`system:node:${name}`, "system:nodes"), "kubelet");
  const single = nodes.count === 1 && nodes.runtime !== "simulated";
  const started = single
    ? await startReal(parts, clientFor(nodes.nodeName), signal)
    : await startSimulated(parts, clientFor, signal);
  return {
    runtime: started.runtime,
    ready: () => untilReady(started.reader, started.names, signal),
    async close() {
      stop.abort();
      await started.done;
    },
  };
}

interface Started {
  readonly runtime: string;
  readonly names: readonly string[];
  readonly reader: Client;
  readonly done: Promise<void>;
}

async function startReal(
  { secrets, nodes, dataDir, logger }: StartNodesParts,
  client: Client,
  signal: AbortSignal,
): Promise<Started> {
  const { nodeName } = nodes;
  const node = await startNode({
    nodeName,
    client,
    clientAuthority: secrets.authority.certificate,
    runtime: nodes.runtime,
    dataDir,
    port: anyPort,
    bindAddress: "0.0.0.0",
    clusterDns: nodes.clusterDns,
    clusterDomain,
    logger,
    signal,
  });
  const runtime = `${node.runtime} (${node.reason})`;
  return { runtime, names: [nodeName], reader: client, done: node.done };
}

async function startSimulated(
  { app, secrets, nodes, dataDir, logger }: StartNodesParts,
  clientFor: (name: string) => Client,
  signal: AbortSignal,
): Promise<Started> {
  const { count, nodeName } = nodes;
  const names = Array.from({ length: count }, (_, index) =>
    count === 1 ? nodeName : `${nodeName}-${index}`,
  );
  // One watch feeds all simulated nodes, which no node's own right would allow.
  const shared = inProcessClient(app, componentUser("kubun:nodes", "system:masters"), "kubelet");
  const done = await startSimulatedNodes({
    names,
    shared,
    clientFor,
    dataDir,
    clientAuthority: secrets.authority.certificate,
    clusterDomain,
    logger,
    signal,
  });
  const why = nodes.runtime === "simulated" ? "" : ` (${count} nodes in one process)`;
  return { runtime: `simulated${why}`, names, reader: shared, done: done.done };
}
