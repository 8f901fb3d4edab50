/** Registers the node and keeps its status told: every 10 s when it changed, every 5 min anyway. */
import { deepEqual } from "#apimachinery/deep-equal.ts";
import { isReason } from "#apimachinery/status.ts";
import type { Client } from "#client/client.ts";
import { type Clock, sleep } from "#client/clock.ts";
import { type Node, type NodeStatus, nodes, type Taint } from "#gen/api/core/v1.ts";
import type { Logger } from "#telemetry/log.ts";
import { newNode } from "./node-status.ts";

const checkMilliseconds = 10_000;
/** While the runtime or its network is not ready yet. */
const unreadyCheckMilliseconds = 1000;
const reportMilliseconds = 300_000;
const retryMilliseconds = 1000;

export interface NodeRegistrationOptions {
  readonly client: Client;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly nodeName: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly taints: readonly Taint[];
  readonly signal: AbortSignal;
  /** The status now; `old` is what the API has. */
  readonly status: (old: NodeStatus | undefined) => Promise<NodeStatus>;
  /** Told with every Node the API answered: its podCIDR may have come. */
  readonly onNode: (node: Node) => Promise<void>;
  /** Told what turned between two statuses that were written. */
  readonly onTurn: (before: NodeStatus, after: NodeStatus) => void;
  /** How many times it looks every second, while the node is not ready or has no podCIDR yet. */
  readonly quickChecks: number;
}

/** Creates the Node, or takes over the one that is there. Tries until the signal. */
export async function registerNode(options: NodeRegistrationOptions): Promise<Node | undefined> {
  const { clock, logger, signal, nodeName } = options;
  while (!signal.aborted) {
    try {
      return await registerOnce(options);
    } catch (error) {
      if (signal.aborted) return undefined;
      logger.warn("node not registered yet", { node: nodeName, error: String(error) });
      await sleep(clock, retryMilliseconds, signal);
    }
  }
  return undefined;
}

async function registerOnce(options: NodeRegistrationOptions): Promise<Node> {
  const { client, nodeName, labels, taints } = options;
  const status = await options.status(undefined);
  try {
    return await client.create(nodes, "", newNode(nodeName, labels, taints, status));
  } catch (error) {
    if (!isReason(error, "AlreadyExists")) throw error;
  }
  const found = await client.get(nodes, "", nodeName);
  const missing = Object.entries(labels).some(
    ([key, value]) => found.metadata.labels?.[key] !== value,
  );
  if (missing) {
    const body = { metadata: { labels } };
    await client.patch(
      nodes,
      { namespace: "", name: nodeName },
      "application/merge-patch+json",
      body,
    );
  }
  return patchStatus(options, await options.status(found.status));
}

async function patchStatus(options: NodeRegistrationOptions, status: NodeStatus): Promise<Node> {
  const target = { namespace: "", name: options.nodeName, subresource: "status" };
  // addresses merge by type in the API: the whole list is meant.
  const addresses = [...(status.addresses ?? []), { $patch: "replace" }];
  const body = { status: { ...status, addresses } };
  return options.client.patch(nodes, target, "application/strategic-merge-patch+json", body);
}

/** Heartbeats aside, whether the two say the same. */
function sameStatus(a: NodeStatus, b: NodeStatus): boolean {
  const still = (status: NodeStatus) => ({
    ...status,
    conditions: status.conditions?.map(({ lastHeartbeatTime: _, ...rest }) => rest),
  });
  return deepEqual(still(a), still(b));
}

/** What was last told of this node, and when. */
interface Told {
  readonly node: Node;
  readonly status: NodeStatus | undefined;
  readonly at: number;
}

/** Tells the status when it differs or has grown old; else looks for the pod range that the node waits for. */
async function tell(options: NodeRegistrationOptions, told: Told, first: Node): Promise<Told> {
  const status = await options.status(told.status ?? told.node.status);
  const now = options.clock.now().getTime();
  const isFresh = now - told.at < reportMilliseconds;
  if (told.status === undefined || !isFresh || !sameStatus(told.status, status)) {
    const node = await patchStatus(options, status);
    options.onTurn(told.status ?? first.status ?? {}, status);
    return { node, status, at: now };
  }
  if (told.node.spec.podCIDR !== undefined) return told;
  return { ...told, node: await options.client.get(nodes, "", options.nodeName) };
}

const isSettled = ({ node, status }: Told): boolean =>
  node.spec.podCIDR !== undefined &&
  status?.conditions?.find(({ type }) => type === "Ready")?.status === "True";

export async function keepStatus(options: NodeRegistrationOptions, first: Node): Promise<void> {
  const { clock, logger, signal, nodeName } = options;
  let told: Told = { node: first, status: undefined, at: 0 };
  let quick = options.quickChecks;
  while (!signal.aborted) {
    try {
      await options.onNode(told.node);
      told = await tell(options, told, first);
      const rests = isSettled(told) || quick-- <= 0;
      await sleep(clock, rests ? checkMilliseconds : unreadyCheckMilliseconds, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isReason(error, "NotFound")) {
        // Somebody deleted the Node: it comes back as long as its agent lives.
        const node = await registerNode(options);
        if (node === undefined) return;
        told = { node, status: undefined, at: 0 };
        continue;
      }
      logger.warn("node status not written", { node: nodeName, error: String(error) });
      await sleep(clock, retryMilliseconds, signal);
    }
  }
}
