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

export async function keepStatus(options: NodeRegistrationOptions, first: Node): Promise<void> {
  const { clock, logger, signal, nodeName } = options;
  let told: NodeStatus | undefined;
  let toldAt = 0;
  let node = first;
  let quick = options.quickChecks;
  while (!signal.aborted) {
    try {
      await options.onNode(node);
      const status = await options.status(told ?? node.status);
      const now = clock.now().getTime();
      const fresh =
        told !== undefined && sameStatus(told, status) && now - toldAt < reportMilliseconds;
      if (!fresh) {
        node = await patchStatus(options, status);
        options.onTurn(told ?? first.status ?? {}, status);
        told = status;
        toldAt = now;
      } else if (node.spec.podCIDR === undefined) {
        node = await options.client.get(nodes, "", nodeName);
      }
      const ready = status.conditions?.find(({ type }) => type === "Ready")?.status === "True";
      const settled = (ready && node.spec.podCIDR !== undefined) || quick-- <= 0;
      await sleep(clock, settled ? checkMilliseconds : unreadyCheckMilliseconds, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (isReason(error, "NotFound")) {
        // Somebody deleted the Node: it comes back as long as its agent lives.
        const again = await registerNode(options);
        if (again === undefined) return;
        node = again;
        told = undefined;
        continue;
      }
      logger.warn("node status not written", { node: nodeName, error: String(error) });
      await sleep(clock, retryMilliseconds, signal);
    }
  }
}
