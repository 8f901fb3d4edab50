/** One node of this machine, whole: its runtime, its HTTPS endpoint, its agent. */
import { mkdir, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { KeyPair } from "#apimachinery/pki.ts";
import type { Client } from "#client/client.ts";
import { type Clock, systemClock } from "#client/clock.ts";
import { createInformer } from "#client/informer.ts";
import { services, type Taint } from "#gen/api/core/v1.ts";
import type { Logger } from "#telemetry/log.ts";
import { runAgent } from "./agent.ts";
import { mayAsk } from "./kubelet-authorization.ts";
import { machineAddresses, machineFacts, machineReserves } from "./machine.ts";
import type { NodePods } from "./node-pods.ts";
import { parseResolvConf } from "./pod-hosts.ts";
import { nodePodSource } from "./pod-source.ts";
import { chooseRuntime, type RuntimeKind } from "./runtime-choice.ts";
import { openKubeletServer } from "./server.ts";
import { servingCertificate } from "./serving-certificate.ts";

export interface StartNodeOptions {
  readonly nodeName: string;
  /** As `system:node:<nodeName>`. */
  readonly client: Client;
  /** PEM of the authority whose client certificates the node's endpoint believes. */
  readonly clientAuthority: string;
  readonly runtime: RuntimeKind;
  /** Made when missing; everything of the node lies in `<dataDir>/kubelet`. */
  readonly dataDir: string;
  /** Of the node's endpoint; 0: any free one. */
  readonly port: number;
  readonly bindAddress: string;
  /** By which others reach this node; undefined: the machine's own. */
  readonly addresses?: readonly string[] | undefined;
  /** undefined: signed by itself. */
  readonly serving?: KeyPair | undefined;
  readonly clusterDns: readonly string[];
  readonly clusterDomain: string;
  /** Until the control plane gives the node a podCIDR, when it never does. */
  readonly fallbackPodCidr?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly taints?: readonly Taint[] | undefined;
  readonly clock?: Clock | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface StartedNode {
  /** `containerd 1.6.20`, `simulated` */
  readonly runtime: string;
  /** Why that one. */
  readonly reason: string;
  /** Of containerd, for importing images; undefined when simulated. */
  readonly socket: string | undefined;
  /** Of the node's endpoint. */
  readonly port: number;
  /** Resolves after the signal, when the agent has let go. Containers keep running. */
  readonly done: Promise<void>;
}

export async function startNode(options: StartNodeOptions): Promise<StartedNode> {
  const { nodeName, client, logger, signal } = options;
  const clock = options.clock ?? systemClock;
  const dataDir = join(resolve(options.dataDir), "kubelet");
  await mkdir(dataDir, { recursive: true });
  const choice = await chooseRuntime({
    kind: options.runtime,
    dataDir,
    nodeName,
    clock,
    logger,
  });
  const addresses = options.addresses ?? machineAddresses();
  const directory = join(dataDir, "pki");
  const now = clock.now();
  const serving =
    options.serving ?? (await servingCertificate({ directory, nodeName, addresses, now }));
  const held: NodePods[] = [];
  const server = await openKubeletServer({
    host: options.bindAddress,
    port: options.port,
    serving,
    clientAuthority: options.clientAuthority,
    authorize: (caller, asked) => mayAsk(client, nodeName, caller, asked),
    nodes: () => held,
    logger,
  });
  const serviceInformer = createInformer(client, services, { logger });
  serviceInformer.start(signal);
  const resolvConf = await readFile("/etc/resolv.conf", "utf8").catch(() => "");
  const running = runAgent({
    nodeName,
    client,
    pods: nodePodSource(client, nodeName, { logger, signal }),
    services: serviceInformer,
    runtime: choice.runtime,
    machine: await machineFacts(dataDir),
    reserves: () => machineReserves(dataDir),
    addresses,
    port: server.port,
    dns: {
      clusterDns: options.clusterDns,
      clusterDomain: options.clusterDomain,
      host: parseResolvConf(resolvConf),
    },
    fallbackPodCidr: options.fallbackPodCidr,
    dataDir,
    labels: options.labels,
    taints: options.taints,
    clock,
    logger,
    signal,
    register: (pods) => held.push(pods),
  });
  const done = running.finally(async () => {
    await server.close();
    choice.runtime.close();
  });
  const { description, reason, socket } = choice;
  return { runtime: description, reason, socket, port: server.port, done };
}
