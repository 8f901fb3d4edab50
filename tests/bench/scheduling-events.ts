/** The event-handling shapes through an API: pods are refused first, and what happens then lets them in. */
import type { Client } from "#client/client.ts";
import { createInformer } from "#client/informer.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { silent } from "#telemetry/log.ts";
import type { PodLoad } from "./pod-load.ts";
import { benchPod, type SchedulingCase, updatedPod } from "./scheduling-cases.ts";

/** Does its condition say that it has been tried, or is gated? */
function isRefused({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: value }) => type === "PodScheduled" && value === "False",
  );
}

/** How many pods without a node have been refused. Watched, since lists of all of them are a load of their own. */
export async function watchRefused(client: Client, signal: AbortSignal): Promise<() => number> {
  const refused = new Set<string>();
  const seen = (pod: Pod) => isRefused(pod) && refused.add(pod.metadata.name);
  const informer = createInformer(client, pods, {
    fieldSelector: "spec.nodeName=",
    logger: silent,
  });
  informer.onChange({ added: seen, updated: (_, pod) => seen(pod) });
  informer.start(signal);
  await informer.synced();
  return () => refused.size;
}

type Each = (count: number, action: (index: number) => Promise<unknown>) => Promise<void>;

/** Makes the case's event happen. `addNode` creates the node of that number. */
export async function letIn(
  load: PodLoad,
  size: SchedulingCase,
  each: Each,
  addNode: (index: number) => Promise<unknown>,
): Promise<void> {
  if (size.event === "nodeAdd") return each(size.nodes, (index) => addNode(size.nodes + index));
  if (size.event === "podDelete")
    return each(size.init[0], (index) => load.delete(benchPod(size, "init", index)));
  await each(size.pods[0], async (index) => {
    const pod = benchPod(size, "pods", index);
    if (pod.spec.schedulingGates === undefined) return;
    await load.patch(pod, { spec: { schedulingGates: null } });
  });
  await each(size.init[0], (index) => {
    const { metadata } = updatedPod(size, "init", index);
    const change = { metadata: { labels: metadata.labels } };
    return load.patch(benchPod(size, "init", index), change);
  });
}
