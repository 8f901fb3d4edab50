/** Simulated nodes and the one HTTPS endpoint that answers for all of them. */
import { join, resolve } from "node:path";
import process from "node:process";
import type { Client } from "#client/client.ts";
import { systemClock } from "#client/clock.ts";
import { mayAsk } from "#kubelet/kubelet-authorization.ts";
import type { NodePods } from "#kubelet/node-pods.ts";
import { openKubeletServer } from "#kubelet/server.ts";
import { servingCertificate } from "#kubelet/serving-certificate.ts";
import type { Logger } from "#telemetry/log.ts";
import { runSimulatedNodes } from "./nodes.ts";

export interface StartSimulatedNodesOptions {
  readonly names: readonly string[];
  /** May watch all pods and services, and ask who may do what. */
  readonly shared: Client;
  readonly clientFor: (nodeName: string) => Client;
  readonly dataDir: string;
  readonly clientAuthority: string;
  readonly clusterDomain: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Nobody but the API server of this machine asks simulated nodes. */
const address = "127.0.0.1";
/**
 * Where all of 127.0.0.0/8 is loopback every node has an address of its own: what pods claim of their node's address
 * (a host port) then differs from node to node. One endpoint answers at all of them, and nowhere else.
 */
const manyAddresses = process.platform === "linux";

/** 127.64.0.1 and on. */
function addressOf(index: number): string {
  const number = index + 1;
  return `127.${64 + ((number >> 16) & 63)}.${(number >> 8) & 255}.${number & 255}`;
}
const nodeName = "simulated-nodes";

export async function startSimulatedNodes(
  options: StartSimulatedNodesOptions,
): Promise<{ readonly done: Promise<void> }> {
  const { shared, logger, signal, clusterDomain } = options;
  const directory = join(resolve(options.dataDir), "kubelet", "pki");
  const now = systemClock.now();
  const held: NodePods[] = [];
  const server = await openKubeletServer({
    host: manyAddresses ? "0.0.0.0" : address,
    onlyLoopback: true,
    port: 0,
    serving: await servingCertificate({ directory, nodeName, addresses: [address], now }),
    clientAuthority: options.clientAuthority,
    authorize: (caller, asked) => mayAsk(shared, nodeName, caller, asked),
    nodes: () => held,
    logger,
  });
  const running = runSimulatedNodes({
    names: options.names,
    shared,
    clientFor: options.clientFor,
    addressOf: manyAddresses ? addressOf : () => address,
    port: server.port,
    dns: { clusterDns: [], clusterDomain, host: { servers: [], searches: [], options: [] } },
    logger,
    signal,
    register: (_name, pods) => held.push(pods),
  });
  return { done: running.finally(() => server.close()) };
}
