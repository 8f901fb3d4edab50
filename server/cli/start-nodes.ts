/** The nodes that `up` runs beside the control plane, in this very process. */
import type { App } from "#apiserver/app.ts";
import type { ClusterSecrets } from "#apiserver/bootstrap/cluster-pki.ts";
import type { Nodes, NodesOptions } from "#cli/compose.ts";
import { componentUser, inProcessClient } from "#cli/in-process-client.ts";
import type { Client } from "#client/client.ts";
import { nodes as nodesRef } from "#gen/api/core/v1.ts";
import { runSimulatedNodes } from "#kubelet/simulated/nodes.ts";
import type { Logger } from "#telemetry/log.ts";

export interface StartNodesParts {
  readonly app: App;
  readonly secrets: ClusterSecrets;
  readonly nodes: NodesOptions;
  readonly dataDir: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** How often the nodes are looked at until all are Ready. */
const readyEveryMs = 50;

async function untilReady(
  client: Client,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const waiting = new Set(names);
  while (waiting.size > 0 && !signal.aborted) {
    const { items } = await client.list(nodesRef);
    for (const { metadata, status } of items) {
      const ready = status.conditions?.some(
        ({ type, status: is }) => type === "Ready" && is === "True",
      );
      if (ready === true) waiting.delete(metadata.name);
    }
    if (waiting.size > 0) await new Promise((resolve) => setTimeout(resolve, readyEveryMs));
  }
}

export async function startNodes(parts: StartNodesParts): Promise<Nodes> {
  const { app, nodes, logger } = parts;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, parts.signal]);
  const { count, nodeName } = nodes;
  const names = Array.from({ length: count }, (_, index) =>
    count === 1 ? nodeName : `${nodeName}-${index}`,
  );
  // One watch feeds all simulated nodes, which no node's own right would allow.
  const shared = inProcessClient(app, componentUser("kubun:nodes", "system:masters"), "kubelet");
  const clientFor = (name: string): Client =>
    inProcessClient(app, componentUser(`system:node:${name}`, "system:nodes"), "kubelet");
  const running = runSimulatedNodes({
    names,
    shared,
    clientFor,
    addresses: ["127.0.0.1"],
    port: 10250,
    dns: {
      clusterDns: [],
      clusterDomain: "cluster.local",
      host: { servers: [], searches: [], options: [] },
    },
    logger,
    signal,
  });
  return {
    runtime: "simulated",
    ready: () => untilReady(shared, names, signal),
    async close() {
      stop.abort();
      await running;
    },
  };
}
