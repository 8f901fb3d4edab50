/** Preemption through a whole API server in memory: victims, conditions, events, nominations. */
import { expect, test } from "bun:test";
import { events, type PodSpec, pods } from "#gen/api/core/v1.ts";
import { poddisruptionbudgets } from "#gen/api/policy/v1.ts";
import { priorityclasses } from "#gen/api/scheduling/v1.ts";
import { eventually, type Plane } from "#tests/controllers/plane.ts";
import {
  addNode,
  addPod,
  bound,
  closersOfEach,
  openCluster,
  scheduledCondition,
  startScheduler,
} from "./plane.ts";

const closers = closersOfEach();

async function open(): Promise<Plane> {
  const plane = await openCluster(closers);
  for (const [name, value, preemptionPolicy] of [
    ["high", 1000, "PreemptLowerPriority"],
    ["patient", 1000, "Never"],
  ] as const) {
    const metadata = { name };
    await plane.client.create(priorityclasses, "", { metadata, value, preemptionPolicy });
  }
  return plane;
}

async function start(): Promise<Plane> {
  const plane = await open();
  startScheduler(plane, closers);
  return plane;
}

const asking = (cpu: string, more: Partial<PodSpec> = {}): Partial<PodSpec> => ({
  containers: [{ name: "c", image: "x", resources: { requests: { cpu } } }],
  terminationGracePeriodSeconds: 0,
  ...more,
});

const get = (plane: Plane, name: string) => plane.client.get(pods, "default", name);
const exists = async (plane: Plane, name: string) =>
  (await plane.client.list(pods, { namespace: "default" })).items.some(
    ({ metadata }) => metadata.name === name && metadata.deletionTimestamp === undefined,
  );

test("the lesser pod goes, told why; the greater one takes its place", async () => {
  const plane = await start();
  await addNode(plane, "a");
  await addPod(plane, "low", { ...asking("1500m"), terminationGracePeriodSeconds: 30 });
  await bound(plane, "low");
  await addPod(plane, "high", asking("1500m", { priorityClassName: "high" }));
  const victim = await eventually(
    "the victim is told to go",
    () => get(plane, "low"),
    ({ metadata }) => metadata.deletionTimestamp !== undefined,
  );
  const target = victim.status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  expect([target?.status, target?.reason, target?.message]).toEqual([
    "True",
    "PreemptionByScheduler",
    "default-scheduler: preempting to accommodate a higher priority pod",
  ]);
  const preemptor = await eventually(
    "the preemptor is nominated",
    () => get(plane, "high"),
    ({ status }) => status?.nominatedNodeName === "a",
  );
  expect((await scheduledCondition(plane, "high"))?.message).toBe(
    "0/1 nodes are available: 1 Insufficient cpu. preemption: found a potential placement for pod on node a, preempting 1 victims",
  );
  expect(preemptor.spec.nodeName ?? "").toBe("");
  // Its grace period over, as its node's agent would say.
  await plane.client.delete(pods, "default", "low", { gracePeriodSeconds: 0 });
  expect(await bound(plane, "high")).toBe("a");
  const told = await eventually(
    "the event",
    async () => (await plane.client.list(events, { namespace: "default" })).items,
    (items) => items.some(({ reason }) => reason === "Preempted"),
  );
  const event = told.find(({ reason }) => reason === "Preempted");
  expect(event?.message).toBe(`Preempted by pod ${preemptor.metadata.uid} on node a`);
  expect(event?.involvedObject.name).toBe("low");
}, 30_000);

test("a pod that never preempts waits and is told so", async () => {
  const plane = await start();
  await addNode(plane, "a");
  await addPod(plane, "low", asking("1500m"));
  await bound(plane, "low");
  await addPod(plane, "patient", asking("1500m", { priorityClassName: "patient" }));
  expect((await scheduledCondition(plane, "patient"))?.message).toBe(
    "0/1 nodes are available: 1 Insufficient cpu. preemption: not eligible due to preemptionPolicy=Never.",
  );
  expect(await exists(plane, "low")).toBe(true);
}, 30_000);

test("pods under a budget with nothing to spare are spared", async () => {
  const plane = await start();
  await addNode(plane, "a");
  await addPod(plane, "guarded", asking("1500m"), { app: "web" });
  await bound(plane, "guarded");
  await plane.client.create(poddisruptionbudgets, "default", {
    metadata: { name: "web", namespace: "default" },
    spec: { minAvailable: 1, selector: { matchLabels: { app: "web" } } },
  });
  await addNode(plane, "b");
  await addPod(plane, "free", asking("1500m"));
  await bound(plane, "free");
  await addPod(plane, "high", asking("1500m", { priorityClassName: "high" }));
  await bound(plane, "high");
  expect([await exists(plane, "guarded"), await exists(plane, "free")]).toEqual([true, false]);
}, 30_000);

test("room made for one pod is not taken by a lesser one", async () => {
  const plane = await start();
  await addNode(plane, "a");
  await addPod(plane, "low", { ...asking("1500m"), terminationGracePeriodSeconds: 30 });
  await bound(plane, "low");
  await addPod(plane, "high", asking("1500m", { priorityClassName: "high" }));
  await eventually(
    "the preemptor is nominated",
    () => get(plane, "high"),
    ({ status }) => status?.nominatedNodeName === "a",
  );
  await addPod(plane, "greedy", asking("1500m"));
  await scheduledCondition(plane, "greedy");
  await plane.client.delete(pods, "default", "low", { gracePeriodSeconds: 0 });
  expect(await bound(plane, "high")).toBe("a");
  expect((await get(plane, "greedy")).spec.nodeName ?? "").toBe("");
}, 30_000);

test("of many at once none is bound before it is written where room is made for it", async () => {
  const plane = await open();
  const { warnings } = startScheduler(plane, closers);
  const indices = [...Array(30).keys()];
  for (const index of indices) await addNode(plane, `n${index}`);
  const victims = indices.flatMap((index) => ["a", "b", "c"].map((name) => `${name}${index}`));
  await Promise.all(victims.map((name) => addPod(plane, name, asking("600m"))));
  for (const name of victims) await bound(plane, name);
  const high = asking("1500m", { priorityClassName: "high" });
  await Promise.all(indices.map((index) => addPod(plane, `high${index}`, high)));
  for (const index of indices) await bound(plane, `high${index}`);
  expect(warnings).toEqual([]);
}, 60_000);
