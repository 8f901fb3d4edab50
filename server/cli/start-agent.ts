/** `kubun agent`: one node on a machine of its own. */
import type { AgentOptions, Nodes } from "#cli/compose.ts";
import { systemClock } from "#client/clock.ts";
import { nodeCredentials } from "#kubelet/bootstrap/node-credentials.ts";
import { startNode } from "#kubelet/start-node.ts";
import type { Logger } from "#telemetry/log.ts";
import { untilReady } from "./until-ready.ts";

export async function startAgent(options: AgentOptions, logger: Logger): Promise<Nodes> {
  const { server, nodeName, dataDir, runtime, port } = options;
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, options.signal]);
  const { token, caCertHash } = options;
  const clock = systemClock;
  const { authority, client, renewing } = await nodeCredentials({
    server,
    nodeName,
    dataDir,
    token,
    caCertHash,
    clock,
    logger,
    signal,
  });
  const node = await startNode({
    nodeName,
    client,
    clientAuthority: authority,
    runtime,
    dataDir,
    port,
    bindAddress: "0.0.0.0",
    fallbackPodCidr: options.podCidr === "" ? undefined : options.podCidr,
    clusterDns: options.clusterDns,
    clusterDomain: "cluster.local",
    logger,
    signal,
  });
  return {
    runtime: `${node.runtime} (${node.reason})`,
    ready: () => untilReady(client, [nodeName], signal),
    async close() {
      stop.abort();
      await Promise.all([node.done, renewing]);
    },
  };
}
