/** The scheduler beside a whole API server in memory, under its own rights. */
import { expect, test } from "bun:test";
import { leases } from "#gen/api/coordination/v1.ts";
import { events, type PodSpec, pods } from "#gen/api/core/v1.ts";
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

test("a pod is bound, and the event says where", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "a");
  const { warnings } = startScheduler(plane, closers);
  await addPod(plane, "p");
  expect(await bound(plane, "p")).toBe("a");
  const told = await eventually(
    "the event",
    async () => (await plane.client.list(events, { namespace: "default" })).items,
    (items) => items.some(({ reason }) => reason === "Scheduled"),
  );
  const { message, type, source } = told.find(({ reason }) => reason === "Scheduled") ?? {};
  expect([message, type, source?.component]).toEqual([
    "Successfully assigned default/p to a",
    "Normal",
    "default-scheduler",
  ]);
  expect(warnings).toEqual([]);
}, 30_000);

test("a pod that fits nowhere is told why, and bound when a node comes that it fits", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "a");
  startScheduler(plane, closers);
  await addPod(plane, "p", { nodeSelector: { disk: "ssd" } });
  const condition = await scheduledCondition(plane, "p");
  expect(condition?.reason).toBe("Unschedulable");
  expect(condition?.message).toBe(
    "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  );
  await addNode(plane, "b", { disk: "ssd" });
  expect(await bound(plane, "p")).toBe("b");
}, 30_000);

test("room that a deleted pod leaves goes to one that waits; no node gets more than it holds", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "a");
  startScheduler(plane, closers);
  const big = {
    containers: [{ name: "c", image: "x", resources: { requests: { cpu: "1500m" } } }],
  };
  await addPod(plane, "first", big);
  await bound(plane, "first");
  await addPod(plane, "second", big);
  expect((await scheduledCondition(plane, "second"))?.message).toStartWith(
    "0/1 nodes are available: 1 Insufficient cpu.",
  );
  await plane.client.delete(pods, "default", "first", { gracePeriodSeconds: 0 });
  expect(await bound(plane, "second")).toBe("a");
}, 30_000);

test("a gated pod waits for its gates, one for another scheduler is left alone", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "a");
  startScheduler(plane, closers);
  await addPod(plane, "gated", { schedulingGates: [{ name: "example.com/g" }] });
  await addPod(plane, "other", { schedulerName: "somebody-else" });
  await addPod(plane, "free");
  await bound(plane, "free");
  expect([await nodeOf(plane, "gated"), await nodeOf(plane, "other")]).toEqual(["", ""]);
  const target = { namespace: "default", name: "gated" };
  const open = [{ op: "remove", path: "/spec/schedulingGates" }];
  await plane.client.patch(pods, target, "application/json-patch+json", open);
  expect(await bound(plane, "gated")).toBe("a");
  expect(await nodeOf(plane, "other")).toBe("");
}, 30_000);

test("spread over zones, counted from what the API shows after a restart", async () => {
  const plane = await openCluster(closers);
  for (const [name, zone] of [
    ["a", "1"],
    ["b", "2"],
    ["c", "3"],
  ] as const) {
    await addNode(plane, name, { "topology.kubernetes.io/zone": zone });
  }
  const labels = { app: "web" };
  const topologySpreadConstraints: PodSpec["topologySpreadConstraints"] = [
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: labels },
    },
  ];
  const before = startScheduler(plane, closers);
  for (const name of ["p0", "p1"]) await addPod(plane, name, { topologySpreadConstraints }, labels);
  const found = [await bound(plane, "p0"), await bound(plane, "p1")];
  await before.close();
  startScheduler(plane, closers);
  await addPod(plane, "p2", { topologySpreadConstraints }, labels);
  found.push(await bound(plane, "p2"));
  expect(found.sort()).toEqual(["a", "b", "c"]);
}, 30_000);

test("of two schedulers one leads; when it stops the other takes over", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "a");
  const holder = async () =>
    (await plane.client.get(leases, "kube-system", "kube-scheduler")).spec?.holderIdentity;
  const first = startScheduler(plane, closers, { leaderElect: true, identity: "first" });
  await addPod(plane, "p0");
  await bound(plane, "p0");
  startScheduler(plane, closers, { leaderElect: true, identity: "second" });
  expect(await holder()).toBe("first");
  await first.close();
  await addPod(plane, "p1");
  await bound(plane, "p1");
  expect(await holder()).toBe("second");
}, 60_000);
