/** Pods with claims of devices, beside a whole API server in memory; the test plays drivers and the claims' controller. */
import { expect, test } from "bun:test";
import { pods } from "#gen/api/core/v1.ts";
import type { DeviceRequest, ResourceClaim } from "#gen/api/resource/v1.ts";
import {
  deviceclasses,
  resourceclaims,
  resourceclaimtemplates,
  resourceslices,
} from "#gen/api/resource/v1.ts";
import type { Plane } from "#tests/controllers/plane.ts";
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
const driver = "gpu.example.com";

async function addDevices(plane: Plane, nodeName: string, models: readonly string[]) {
  await plane.client.create(resourceslices, "", {
    metadata: { name: `${nodeName}-gpus` },
    spec: {
      driver,
      nodeName,
      pool: { name: nodeName, generation: 1, resourceSliceCount: 1 },
      devices: models.map((model, index) => ({
        name: `gpu-${index}`,
        attributes: { model: { string: model } },
      })),
    },
  });
}

async function addClass(plane: Plane, expression = `device.driver == "${driver}"`) {
  await plane.client.create(deviceclasses, "", {
    metadata: { name: "gpu" },
    spec: { selectors: [{ cel: { expression } }] },
  });
}

function addClaim(plane: Plane, name: string, more: Partial<DeviceRequest["exactly"]> = {}) {
  const requests = [{ name: "one", exactly: { deviceClassName: "gpu", ...more } }];
  return plane.client.create(resourceclaims, "default", {
    metadata: { name, namespace: "default" },
    spec: { devices: { requests } },
    status: {},
  });
}

const uses = (name: string) => ({ resourceClaims: [{ name: "gpu", resourceClaimName: name }] });
const claimOf = (plane: Plane, name: string): Promise<ResourceClaim> =>
  plane.client.get(resourceclaims, "default", name);

test("devices are allocated where they are, a pod that finds none waits, and one that is freed wakes it", async () => {
  const plane = await openCluster(closers);
  for (const name of ["a", "b"]) await addNode(plane, name);
  await addDevices(plane, "a", ["old"]);
  await addDevices(plane, "b", ["new"]);
  await addClass(plane);
  startScheduler(plane, closers);
  const expression = `device.attributes["${driver}"].model == "new"`;
  const selectors = [{ cel: { expression } }];
  await addClaim(plane, "first", { selectors });
  await addClaim(plane, "second", { selectors });
  const pod = await addPod(plane, "p", uses("first"));
  expect(await bound(plane, "p")).toBe("b");
  const first = await claimOf(plane, "first");
  expect(first.metadata.finalizers).toEqual(["resource.kubernetes.io/delete-protection"]);
  expect(first.status).toMatchObject({
    allocation: {
      devices: { results: [{ request: "one", driver, pool: "b", device: "gpu-0" }] },
      nodeSelector: {
        nodeSelectorTerms: [
          { matchFields: [{ key: "metadata.name", operator: "In", values: ["b"] }] },
        ],
      },
    },
    reservedFor: [{ resource: "pods", name: "p", uid: pod.metadata.uid ?? "" }],
  });
  await addPod(plane, "q", uses("second"));
  expect((await scheduledCondition(plane, "q"))?.message).toBe(
    "0/2 nodes are available: 2 cannot allocate all claims. preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.",
  );
  await plane.client.updateStatus(resourceclaims, { ...first, status: {} });
  expect(await bound(plane, "q")).toBe("b");
}, 30_000);

test("pods wait for their claims without a word, and for classes and slices with one", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "a");
  startScheduler(plane, closers);
  await addPod(plane, "p", uses("claim"));
  await addClaim(plane, "claim");
  expect((await scheduledCondition(plane, "p"))?.message).toBe(
    "0/1 nodes are available: request one: device class gpu does not exist. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.",
  );
  await addClass(plane);
  await addDevices(plane, "a", ["x"]);
  expect(await bound(plane, "p")).toBe("a");
}, 30_000);

test("an expression that cannot be evaluated fails the attempt and is told", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "a");
  await addDevices(plane, "a", ["x"]);
  await addClass(plane, `device.attributes["${driver}"].missing == "x"`);
  startScheduler(plane, closers);
  await addClaim(plane, "claim");
  await addPod(plane, "p", uses("claim"));
  const told = await scheduledCondition(plane, "p");
  expect(told?.reason).toBe("SchedulerError");
  expect(told?.message).toStartWith(
    'running "DynamicResources" filter plugin: class gpu: selector #0 on device gpu.example.com/a/gpu-0: CEL runtime error: no such key: missing',
  );
}, 30_000);

test("pods of one batch get devices of their own; a claim that two share holds them together", async () => {
  const plane = await openCluster(closers);
  for (const name of ["a", "b"]) {
    await addNode(plane, name);
    await addDevices(plane, name, ["x", "x"]);
  }
  await addClass(plane);
  await addClaim(plane, "shared", { count: 2 });
  for (const name of ["c1", "c2"]) await addClaim(plane, name);
  // Pods come by name: those that share are first.
  for (const name of ["a1", "a2"]) await addPod(plane, name, uses("shared"));
  for (const name of ["c1", "c2"]) await addPod(plane, name, uses(name));
  startScheduler(plane, closers);
  const nodes = await Promise.all(["a1", "a2", "c1", "c2"].map((name) => bound(plane, name)));
  expect(nodes[0]).toBe(nodes[1]);
  expect(nodes[2]).toBe(nodes[3]);
  expect(nodes[2]).not.toBe(nodes[0]);
  const results = await Promise.all(
    ["shared", "c1", "c2"].map(async (name) => {
      const { status } = await claimOf(plane, name);
      return (status.allocation?.devices?.results ?? []).map((one) => `${one.pool}/${one.device}`);
    }),
  );
  expect(new Set(results.flat()).size).toBe(4);
}, 30_000);

test("claims are made of a template and named in the pod; with the pod go its devices, and who waited gets them", async () => {
  const plane = await openCluster(closers, true);
  await addNode(plane, "a");
  await addDevices(plane, "a", ["x"]);
  await addClass(plane);
  startScheduler(plane, closers);
  const requests = [{ name: "one", exactly: { deviceClassName: "gpu" } }];
  await plane.client.create(resourceclaimtemplates, "default", {
    metadata: { name: "one-gpu", namespace: "default" },
    spec: { spec: { devices: { requests } } },
  });
  const templated = { resourceClaims: [{ name: "gpu", resourceClaimTemplateName: "one-gpu" }] };
  const first = await addPod(plane, "p", templated);
  expect(await bound(plane, "p")).toBe("a");
  const made = (await plane.client.get(pods, "default", "p")).status?.resourceClaimStatuses ?? [];
  expect(made[0]?.resourceClaimName).toStartWith("p-gpu-");
  const claim = await claimOf(plane, made[0]?.resourceClaimName ?? "");
  expect(claim.metadata.ownerReferences?.[0]?.uid).toBe(first.metadata.uid ?? "");
  await addPod(plane, "q", templated);
  expect((await scheduledCondition(plane, "q"))?.message).toStartWith(
    "0/1 nodes are available: 1 cannot allocate all claims.",
  );
  await plane.client.delete(pods, "default", "p", { gracePeriodSeconds: 0 });
  expect(await bound(plane, "q")).toBe("a");
}, 60_000);
