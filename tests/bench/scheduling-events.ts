/** The event-handling shapes through an API: pods are refused first, and what happens then lets them in. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "#client/client.ts";
import { type Pod, pods } from "#gen/api/core/v1.ts";
import { benchPod, type SchedulingCase, updatedPod } from "./scheduling-cases.ts";

const mergePatch = "application/merge-patch+json";
const pollMilliseconds = 100;

/** Does its condition say that it has been tried, or is gated? */
function isRefused({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status: value }) => type === "PodScheduled" && value === "False",
  );
}

/** Resolves when all of the case's `pods` have been refused. */
export async function allRefused(client: Client, size: SchedulingCase): Promise<void> {
  for (;;) {
    const { items } = await client.list(pods, { fieldSelector: "spec.nodeName=" });
    if (items.filter(isRefused).length >= size.pods[0]) return;
    await sleep(pollMilliseconds);
  }
}

type Each = (count: number, action: (index: number) => Promise<unknown>) => Promise<void>;

/** Makes the case's event happen. `addNode` creates the node of that number. */
export async function letIn(
  client: Client,
  size: SchedulingCase,
  each: Each,
  addNode: (index: number) => Promise<unknown>,
): Promise<void> {
  const target = ({ metadata: { name, namespace = "" } }: Pod) => ({ name, namespace });
  if (size.event === "nodeAdd") return each(size.nodes, (index) => addNode(size.nodes + index));
  if (size.event === "podDelete")
    return each(size.init[0], (index) => {
      const { name, namespace } = target(benchPod(size, "init", index));
      return client.delete(pods, namespace, name);
    });
  await each(size.pods[0], async (index) => {
    const pod = benchPod(size, "pods", index);
    if (pod.spec.schedulingGates === undefined) return;
    await client.patch(pods, target(pod), mergePatch, { spec: { schedulingGates: null } });
  });
  await each(size.init[0], (index) => {
    const { metadata } = updatedPod(size, "init", index);
    const change = { metadata: { labels: metadata.labels } };
    return client.patch(pods, target(benchPod(size, "init", index)), mergePatch, change);
  });
}
