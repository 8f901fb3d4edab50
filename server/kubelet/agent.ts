/**
 * The node agent: registers its node, keeps its heartbeat and status, runs its pods. One per node;
 * everything it needs is handed in, so that one process can hold thousands of simulated nodes.
 */
import type { Client } from "#client/client.ts";
import { type Clock, systemClock } from "#client/clock.ts";
import { createEventRecorder, type EventRecorder, referenceTo } from "#client/event-recorder.ts";
import type { Informer } from "#client/informer.ts";
import type { Node, NodeStatus, Pod, Service, Taint } from "#gen/api/core/v1.ts";
import type { Logger } from "#telemetry/log.ts";
import type { CriRuntime } from "./cri/runtime.ts";
import { HeldPressure, noPressure, pressureFrom, type Reserves } from "./eviction/pressure.ts";
import { ImageCollector } from "./eviction/unused-images.ts";
import { ImagePull } from "./image-pull.ts";
import type { NodeContext } from "./node-context.ts";
import { conditionEvents, troubles } from "./node-events.ts";
import { keepLease } from "./node-lease.ts";
import { NodePods } from "./node-pods.ts";
import { keepStatus, type NodeRegistrationOptions, registerNode } from "./node-registration.ts";
import {
  allocatable,
  type MachineFacts,
  nodeLabels,
  nodeStatus,
  type Pressure,
} from "./node-status.ts";
import type { DnsSettings } from "./pod-hosts.ts";
import { PodSources } from "./pod-sources.ts";
import { repeat } from "./repeat.ts";
import { RuntimeState } from "./runtime-state.ts";
import { DiskVolumes, noVolumes } from "./volumes/pod-volumes.ts";

/** Upstream's PLEG looks this often. */
const relistMilliseconds = 1000;
const podCidrWaitMilliseconds = 10_000;
const volumeRefreshMilliseconds = 30_000;
/** Upstream's eviction manager and log rotation look this often. */
const housekeepingMilliseconds = 10_000;

/** The pods of this node, as a watch brings them. */
export interface PodSource {
  /** Called in order; returns the way to unsubscribe. Pods that are there already come as changed. */
  subscribe(handler: { changed(pod: Pod): void; deleted(pod: Pod): void }): () => void;
  /** Resolves when every pod that exists has been told. */
  synced(): Promise<void>;
}

export interface AgentOptions {
  readonly nodeName: string;
  /** As `system:node:<nodeName>`. */
  readonly client: Client;
  readonly pods: PodSource;
  readonly services: Pick<Informer<Service>, "list" | "synced">;
  readonly runtime: CriRuntime;
  readonly machine: MachineFacts;
  /** What the machine has left; absent: it never runs short. */
  readonly reserves?: (() => Promise<Reserves>) | undefined;
  readonly addresses: readonly string[];
  /** Of the agent's HTTPS endpoint. */
  readonly port: number;
  readonly dns: DnsSettings;
  /** The pod network of a node to which no control plane gives a podCIDR within ten seconds. */
  readonly fallbackPodCidr?: string | undefined;
  readonly dataDir: string;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly taints?: readonly Taint[] | undefined;
  readonly clock?: Clock | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Filled in by the agent, read by its HTTPS endpoint. */
  readonly register?: ((pods: NodePods) => void) | undefined;
}

function recorderOf({ client, logger, nodeName }: AgentOptions, clock: Clock): EventRecorder {
  return createEventRecorder({ client, component: "kubelet", host: nodeName, clock, logger });
}

function createContext(options: AgentOptions, clock: Clock): NodeContext {
  const { client, runtime, machine, logger, signal, nodeName, dataDir } = options;
  const sources = new PodSources(client, clock);
  const recorder = recorderOf(options, clock);
  return {
    facts: { nodeName, hostIps: options.addresses, allocatable: allocatable(machine) },
    client,
    clock,
    logger,
    runtime,
    state: new RuntimeState(runtime),
    images: new ImagePull({ runtime, clock }),
    sources,
    volumes: runtime.real ? new DiskVolumes({ client, clock, sources, dataDir }) : noVolumes,
    dns: options.dns,
    dataDir,
    memoryBytes: machine.memoryBytes,
    services: () => options.services.list(),
    event(pod, fieldPath, type, reason, message) {
      // Thousands of simulated pods would drown the API in good news.
      if (!runtime.real && type === "Normal") return;
      const reference = referenceTo(pod);
      recorder.event(
        fieldPath === undefined ? reference : { ...reference, fieldPath },
        type,
        reason,
        message,
      );
    },
    signal,
  };
}

/** Events about the node itself; thousands of simulated ones have none to tell. */
function nodeEvents(options: AgentOptions, clock: Clock): NodeRegistrationOptions["onTurn"] {
  const { logger, nodeName, runtime } = options;
  const recorder = recorderOf(options, clock);
  // Upstream's reference to a node carries its name for a uid.
  const reference = { kind: "Node", apiVersion: "v1", name: nodeName, uid: nodeName };
  return (before, after) => {
    if (!runtime.real) return;
    for (const reason of conditionEvents(before, after)) {
      const message = `Node ${nodeName} status is now: ${reason}`;
      recorder.event(reference, "Normal", reason, message);
      if (troubles.has(reason)) logger.warn(message, { dataDir: options.dataDir });
    }
  };
}

function pressureOf({ reserves }: AgentOptions, clock: Clock): () => Promise<Pressure> {
  const held = new HeldPressure();
  return async () => {
    if (reserves === undefined) return noPressure;
    return held.seen(pressureFrom(await reserves()), clock.now().getTime());
  };
}

function registration(
  options: AgentOptions,
  clock: Clock,
  pressure: () => Promise<Pressure>,
): NodeRegistrationOptions {
  const { client, runtime, machine, logger, signal, nodeName } = options;
  const begun = clock.now().getTime();
  let podCidr: string | undefined;
  return {
    client,
    clock,
    logger,
    nodeName,
    labels: { ...nodeLabels(nodeName, machine.architecture), ...options.labels },
    taints: options.taints ?? [],
    signal,
    quickChecks: runtime.real ? 30 : 1,
    async status(old: NodeStatus | undefined) {
      const unreachable = (error: unknown) => ({
        runtime: { ready: false, reason: "RuntimeUnreachable", message: String(error) },
        network: { ready: false, reason: "RuntimeUnreachable", message: "" },
      });
      const state = await runtime.status().catch(unreachable);
      const images = await runtime.listImages().catch(() => []);
      return nodeStatus({
        nodeName,
        machine,
        pressure: await pressure(),
        runtime: state.runtime,
        network: state.network,
        runtimeVersion: runtime.version,
        images: runtime.real ? images : [],
        addresses: options.addresses,
        port: options.port,
        old,
        now: clock.now().getTime(),
      });
    },
    onTurn: nodeEvents(options, clock),
    async onNode(node: Node) {
      const waited = clock.now().getTime() - begun > podCidrWaitMilliseconds;
      const cidr = node.spec.podCIDR ?? (waited ? options.fallbackPodCidr : undefined);
      if (cidr === undefined || cidr === podCidr) return;
      await runtime.configureNetwork(cidr);
      podCidr = cidr;
    },
  };
}

/** Runs until the signal; then leaves everything running as it is. */
export async function runAgent(options: AgentOptions): Promise<void> {
  const clock = options.clock ?? systemClock;
  const { signal, logger, nodeName, runtime, client } = options;
  const pressure = pressureOf(options, clock);
  const register = registration(options, clock, pressure);
  const node = await registerNode(register);
  if (node === undefined) return;
  const context = createContext(options, clock);
  const pods = new NodePods(context);
  options.register?.(pods);
  const nodeUid = node.metadata.uid ?? "";
  const beats = [
    keepLease({ client, clock, logger, nodeName, nodeUid, signal }),
    keepStatus(register, node),
  ];
  await options.services.synced();
  const unsubscribe = [
    options.pods.subscribe({
      changed: (pod) => pods.changed(pod),
      deleted: (pod) => pods.deleted(pod),
    }),
    runtime.onChange((uid) => {
      if (uid !== undefined) pods.runtimeChanged(uid);
    }),
  ];
  await options.pods.synced();
  const loops = runtime.real ? watchRuntime(context, pods, clock) : [];
  const { reserves } = options;
  const images = new ImageCollector({ runtime, clock, logger });
  const relieve = async (left: Reserves): Promise<void> => {
    if (!(await images.collect(left.disk))) await pods.evict(left);
  };
  const look = async (): Promise<void> => {
    pods.underPressure(await pressure());
    if (reserves !== undefined) await relieve(await reserves());
    await pods.rotateLogs();
  };
  const every = { clock, signal, logger, milliseconds: housekeepingMilliseconds };
  const looks = runtime.real ? [repeat({ ...every, name: "housekeeping" }, look).done] : [];
  await Promise.all([...beats, ...loops, ...looks]);
  for (const leave of unsubscribe) leave();
  await pods.stop();
}

function watchRuntime(context: NodeContext, pods: NodePods, clock: Clock): Promise<void>[] {
  const { signal, logger, state, runtime } = context;
  const relist = repeat(
    { clock, signal, logger, name: "relist", milliseconds: relistMilliseconds },
    async () => {
      const found = await state.relist();
      pods.removeOrphans(found.pods);
      for (const uid of found.changed) pods.runtimeChanged(uid);
    },
  );
  // A hint without a pod: look now instead of within the second.
  runtime.onChange((uid) => {
    if (uid === undefined) relist.soon();
  });
  const refresh = repeat(
    { clock, signal, logger, name: "volume refresh", milliseconds: volumeRefreshMilliseconds },
    () => pods.refreshVolumes(),
  );
  return [relist.done, refresh.done];
}
