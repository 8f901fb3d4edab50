/** Many simulated nodes in one process: the real agent a node, one watch and one machine for all. */
import { randomBytes } from "node:crypto";
import type { Client } from "#client/client.ts";
import { type Clock, sleep, systemClock } from "#client/clock.ts";
import { createInformer } from "#client/informer.ts";
import { services } from "#gen/api/core/v1.ts";
import { runAgent } from "#kubelet/agent.ts";
import { simulatedMachine } from "#kubelet/machine.ts";
import type { NodePods } from "#kubelet/node-pods.ts";
import type { MachineFacts } from "#kubelet/node-status.ts";
import type { DnsSettings } from "#kubelet/pod-hosts.ts";
import { SharedPodSource } from "#kubelet/pod-source.ts";
import type { Logger } from "#telemetry/log.ts";
import { SimulatedRuntime } from "./runtime.ts";

export interface SimulatedNodesOptions {
  readonly names: readonly string[];
  /** May watch all pods and services. */
  readonly shared: Client;
  /** As `system:node:<name>`. */
  readonly clientFor: (nodeName: string) => Client;
  /** Of the n-th node. */
  readonly addressOf: (index: number) => string;
  readonly port: number;
  readonly dns: DnsSettings;
  readonly machine?: Partial<MachineFacts> | undefined;
  readonly labelsFor?: ((nodeName: string) => Readonly<Record<string, string>>) | undefined;
  readonly clock?: Clock | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** For the HTTPS endpoint: what each node holds. */
  readonly register?:
    | ((nodeName: string, pods: NodePods, runtime: SimulatedRuntime) => void)
    | undefined;
}

/** Nodes come up this far apart, so that their heartbeats never fall on one moment. */
const staggerMilliseconds = 4;
/** containerd's ids are 64 hexadecimal digits. */
const idBytes = 32;

const newId = (): string => randomBytes(idBytes).toString("hex");

/** Runs until the signal. */
export async function runSimulatedNodes(options: SimulatedNodesOptions): Promise<void> {
  const { shared, logger, signal } = options;
  const clock = options.clock ?? systemClock;
  const pods = new SharedPodSource(shared, { logger, signal });
  const serviceInformer = createInformer(shared, services, { logger });
  serviceInformer.start(signal);
  const agents: Promise<void>[] = [];
  for (const [index, nodeName] of options.names.entries()) {
    if (signal.aborted) break;
    const runtime = new SimulatedRuntime({ clock, newId, podCidr: defaultCidr(index) });
    const agent = runAgent({
      nodeName,
      client: options.clientFor(nodeName),
      pods: pods.forNode(nodeName),
      services: serviceInformer,
      runtime,
      machine: { ...simulatedMachine, ...options.machine },
      addresses: [options.addressOf(index)],
      port: options.port,
      dns: options.dns,
      dataDir: "/var/lib/kubun-simulated",
      labels: options.labelsFor?.(nodeName),
      clock,
      logger,
      signal,
      register: (nodePods) => options.register?.(nodeName, nodePods, runtime),
    }).finally(() => runtime.close());
    agents.push(agent);
    await sleep(clock, staggerMilliseconds, signal);
  }
  await Promise.all(agents);
}

/** A /24 a node out of 10.128.0.0/9, until the control plane assigns one. */
function defaultCidr(index: number): string {
  return `10.${128 + (Math.floor(index / 256) % 128)}.${index % 256}.0/24`;
}
