/** The scheduler beside a whole API server in memory, under its own rights. */
import { afterEach, beforeAll, expect, test } from "bun:test";
import { componentUser, inProcessClient } from "#cli/in-process-client.ts";
import { leases } from "#gen/api/coordination/v1.ts";
import {
  events,
  type Node,
  nodes,
  type Pod,
  type PodSpec,
  pods,
  serviceaccounts,
} from "#gen/api/core/v1.ts";
import { runScheduler } from "#scheduler/scheduler.ts";
import { buildWasm } from "#scheduler-wasm/build.ts";
import type { Logger } from "#telemetry/log.ts";
import { eventually, openPlane, type Plane } from "#tests/controllers/plane.ts";

beforeAll(async () => {
  await buildWasm();
}, 120_000);

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function openCluster(): Promise<Plane> {
  const plane = await openPlane({ controllers: false });
  closers.push(() => plane.close());
  // Made by controllers elsewhere; here there are none.
  const metadata = { name: "default", namespace: "default" };
  await plane.client.create(serviceaccounts, "default", { metadata });
  return plane;
}

function startScheduler(plane: Plane, options: { leaderElect?: boolean; identity?: string } = {}) {
  const warnings: string[] = [];
  const note = (message: string, fields?: object) =>
    warnings.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { debug() {}, info() {}, warn: note, error: note };
  const client = inProcessClient(
    plane.app,
    componentUser("system:kube-scheduler"),
    "kube-scheduler",
  );
  const stop = new AbortController();
  const running = runScheduler({ client, logger, signal: stop.signal, ...options });
  const close = async () => {
    stop.abort();
    await running;
  };
  closers.push(close);
  return { warnings, close };
}

async function addNode(
  plane: Plane,
  name: string,
  labels: Record<string, string> = {},
): Promise<Node> {
  const allocatable = { cpu: "2", memory: "4Gi", pods: "20" };
  const created = await plane.client.create(nodes, "", {
    metadata: { name, labels },
    spec: {},
    status: {},
  });
  // A new node is tainted until its controller has seen it ready; here nobody looks.
  const target = { namespace: "", name };
  const type = "application/merge-patch+json";
  await plane.client.patch(nodes, target, type, { spec: { taints: null } });
  await plane.client.patch(nodes, { ...target, subresource: "status" }, type, {
    status: { allocatable, capacity: allocatable },
  });
  return created;
}

function addPod(
  plane: Plane,
  name: string,
  spec: Partial<PodSpec> = {},
  labels = {},
): Promise<Pod> {
  return plane.client.create(pods, "default", {
    metadata: { name, namespace: "default", labels },
    spec: {
      containers: [{ name: "c", image: "x", resources: { requests: { cpu: "100m" } } }],
      ...spec,
    },
  });
}

const nodeOf = async (plane: Plane, name: string) =>
  (await plane.client.get(pods, "default", name)).spec.nodeName ?? "";

function bound(plane: Plane, name: string): Promise<string> {
  return eventually(
    `${name} is bound`,
    () => nodeOf(plane, name),
    (node) => node !== "",
  );
}

function scheduledCondition(plane: Plane, name: string) {
  return eventually(
    `${name} is told why not`,
    async () =>
      (await plane.client.get(pods, "default", name)).status?.conditions?.find(
        ({ type }) => type === "PodScheduled",
      ),
    (condition) => condition?.status === "False",
  );
}

test("a pod is bound, and the event says where", async () => {
  const plane = await openCluster();
  await addNode(plane, "a");
  const { warnings } = startScheduler(plane);
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
  const plane = await openCluster();
  await addNode(plane, "a");
  startScheduler(plane);
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
  const plane = await openCluster();
  await addNode(plane, "a");
  startScheduler(plane);
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
  const plane = await openCluster();
  await addNode(plane, "a");
  startScheduler(plane);
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
  const plane = await openCluster();
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
  const before = startScheduler(plane);
  for (const name of ["p0", "p1"]) await addPod(plane, name, { topologySpreadConstraints }, labels);
  const found = [await bound(plane, "p0"), await bound(plane, "p1")];
  await before.close();
  startScheduler(plane);
  await addPod(plane, "p2", { topologySpreadConstraints }, labels);
  found.push(await bound(plane, "p2"));
  expect(found.sort()).toEqual(["a", "b", "c"]);
}, 30_000);

test("of two schedulers one leads; when it stops the other takes over", async () => {
  const plane = await openCluster();
  await addNode(plane, "a");
  const holder = async () =>
    (await plane.client.get(leases, "kube-system", "kube-scheduler")).spec?.holderIdentity;
  const first = startScheduler(plane, { leaderElect: true, identity: "first" });
  await addPod(plane, "p0");
  await bound(plane, "p0");
  startScheduler(plane, { leaderElect: true, identity: "second" });
  expect(await holder()).toBe("first");
  await first.close();
  await addPod(plane, "p1");
  await bound(plane, "p1");
  expect(await holder()).toBe("second");
}, 60_000);
