/** Pods that wait at Permit, beside a whole API server. */
import { expect, test } from "bun:test";
import { events, pods } from "#gen/api/core/v1.ts";
import { priorityclasses } from "#gen/api/scheduling/v1.ts";
import { schedulerMetrics } from "#scheduler/metrics.ts";
import type { PermitAnswer, PermitPlugin, WaitingPods } from "#scheduler/permit.ts";
import { defaultProfile } from "#scheduler/profile.ts";
import { eventually } from "#tests/controllers/plane.ts";
import {
  addNode,
  addPod,
  bound,
  closersOfEach,
  nodeOf,
  openCluster,
  scheduledCondition,
  startScheduler,
} from "./plane.ts";

const closers = closersOfEach();
const big = { containers: [{ name: "c", image: "x", resources: { requests: { cpu: "1500m" } } }] };

/** Asks `answer` by the pod's label "permit". */
async function open(answers: Readonly<Record<string, () => PermitAnswer>>) {
  const plane = await openCluster(closers);
  await addNode(plane, "a");
  let room: WaitingPods | undefined;
  const asker: PermitPlugin = {
    name: "Asker",
    permit(pod, _nodeName, waiting) {
      room = waiting;
      return answers[pod.metadata.labels?.["permit"] ?? ""]?.() ?? "allow";
    },
  };
  const metrics = schedulerMetrics();
  const { warnings } = startScheduler(plane, closers, {
    metrics,
    profiles: [{ ...defaultProfile, permits: [asker] }],
  });
  const waitingPod = (name: string) =>
    eventually(
      `${name} waits`,
      async () => [...(room ?? [])].find(({ pod }) => pod.metadata.name === name),
      (found) => found !== undefined,
    );
  return { plane, metrics, warnings, waitingPod };
}

const forever = (): PermitAnswer => ({ wait: 60_000 });

test("a waiting pod holds its place, says where it will be, and is bound when it is let through", async () => {
  const { plane, metrics, waitingPod } = await open({ hold: forever });
  await addPod(plane, "held", big, { permit: "hold" });
  const waiting = await waitingPod("held");
  expect([waiting?.nodeName, waiting?.pendingPlugins]).toEqual(["a", ["Asker"]]);
  await eventually(
    "its nomination",
    async () => (await plane.client.get(pods, "default", "held")).status?.nominatedNodeName,
    (node) => node === "a",
  );
  // Its room is taken, and others go on meanwhile.
  await addPod(plane, "second", big);
  expect((await scheduledCondition(plane, "second"))?.message).toContain("Insufficient cpu");
  await addPod(plane, "small");
  await bound(plane, "small");
  expect(await nodeOf(plane, "held")).toBe("");
  waiting?.allow("Asker");
  expect(await bound(plane, "held")).toBe("a");
  expect(metrics.text()).toContain(
    'scheduler_permit_wait_duration_seconds_count{result="Success"} 1',
  );
}, 30_000);

test("turned away at once, from outside, by time: upstream's sentence, its room is free, and another chance later", async () => {
  let patience: PermitAnswer = { wait: 250 };
  const { plane, metrics, waitingPod } = await open({
    never: () => ({ reject: "not today" }),
    hold: forever,
    soon: () => patience,
  });
  await addPod(plane, "never", big, { permit: "never" });
  expect(await scheduledCondition(plane, "never")).toMatchObject({
    reason: "Unschedulable",
    message: "0/1 nodes are available: 1 not today.",
  });
  await addPod(plane, "hold", big, { permit: "hold" });
  (await waitingPod("hold"))?.reject("the others do not come");
  expect((await scheduledCondition(plane, "hold"))?.message).toBe(
    "0/1 nodes are available: 1 the others do not come.",
  );
  await plane.client.delete(pods, "default", "hold");
  await plane.client.delete(pods, "default", "never");
  await addPod(plane, "soon", big, { permit: "soon" });
  expect((await scheduledCondition(plane, "soon"))?.message).toBe(
    "0/1 nodes are available: 1 rejected due to timeout after waiting 250ms at plugin Asker.",
  );
  await eventually(
    "its nomination is taken back",
    async () => (await plane.client.get(pods, "default", "soon")).status?.nominatedNodeName,
    (node) => node === undefined,
  );
  expect(metrics.text()).toContain(
    'scheduler_permit_wait_duration_seconds_count{result="Unschedulable"}',
  );
  patience = "allow";
  // Any event wakes it.
  await addNode(plane, "b");
  await bound(plane, "soon");
}, 30_000);

test("deleted while it waits: its place goes to the next; the plugin's fault is no reason to lose the pod", async () => {
  let fails = true;
  const { plane, warnings, waitingPod } = await open({
    hold: forever,
    broken() {
      if (fails) throw new Error("out of order");
      return "allow";
    },
  });
  await addPod(plane, "held", big, { permit: "hold" });
  await waitingPod("held");
  await addPod(plane, "next", big);
  await scheduledCondition(plane, "next");
  await plane.client.delete(pods, "default", "held");
  expect(await bound(plane, "next")).toBe("a");
  await addPod(plane, "broken", {}, { permit: "broken" });
  await eventually(
    "a warning",
    async () => warnings.some((line) => line.includes("out of order")),
    (told) => told,
  );
  fails = false;
  expect(await bound(plane, "broken")).toBe("a");
}, 30_000);

test("preempted while it waits: not deleted, it waits for other room", async () => {
  const { plane, waitingPod } = await open({ hold: forever });
  await plane.client.create(priorityclasses, "", { metadata: { name: "high" }, value: 1000 });
  await addPod(plane, "held", big, { permit: "hold" });
  await waitingPod("held");
  await addPod(plane, "urgent", { ...big, priorityClassName: "high" });
  expect(await bound(plane, "urgent")).toBe("a");
  const held = await plane.client.get(pods, "default", "held");
  expect(held.metadata.deletionTimestamp).toBeUndefined();
  const told = await eventually(
    "the event",
    async () => (await plane.client.list(events, { namespace: "default" })).items,
    (items) => items.some(({ reason }) => reason === "Preempted"),
  );
  expect(told.find(({ reason }) => reason === "Preempted")?.message).toEndWith(
    "on node a (in kube-scheduler memory).",
  );
  await addNode(plane, "b");
  const again = await waitingPod("held");
  again?.allow("Asker");
  expect(await bound(plane, "held")).toBe("b");
}, 30_000);
