/** Waits until nodes are Ready. */
import type { Client } from "#client/client.ts";
import { nodes } from "#gen/api/core/v1.ts";

/** How often the nodes are looked at until all are Ready. */
const readyEveryMs = 50;

async function isReady(client: Client, name: string): Promise<boolean> {
  const node = await client.get(nodes, "", name).catch(() => undefined);
  const ready = node?.status.conditions?.find(({ type }) => type === "Ready");
  return ready?.status === "True";
}

/** A node may read itself and no list of nodes: each is asked for by name. */
export async function untilReady(
  client: Client,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  for (const name of names) {
    while (!signal.aborted && !(await isReady(client, name))) {
      await new Promise((resolve) => setTimeout(resolve, readyEveryMs));
    }
  }
}
