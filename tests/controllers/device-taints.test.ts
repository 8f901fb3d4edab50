/** A rule that taints a device ends the pod that has it, and says so. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { events, pods } from "#gen/api/core/v1.ts";
import { devicetaintrules, resourceclaims, resourceslices } from "#gen/api/resource/v1.ts";
import { eventually, openPlane, type Plane } from "./plane.ts";

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(() => plane.close());

const device = { driver: "gpu.example.test", pool: "n1", device: "gpu-0" };

async function podWithDevice(): Promise<void> {
  const { client } = plane;
  await client.create(resourceslices, "", {
    metadata: { name: "n1-gpus" },
    spec: {
      driver: device.driver,
      nodeName: "n1",
      pool: { name: device.pool, generation: 1, resourceSliceCount: 1 },
      devices: [{ name: device.device }],
    },
  });
  const exactly = { deviceClassName: "gpu" };
  const claim = await client.create(resourceclaims, "default", {
    metadata: { name: "gpu" },
    spec: { devices: { requests: [{ name: "one", exactly }] } },
  });
  const pod = await client.create(pods, "default", {
    metadata: { name: "user" },
    spec: {
      nodeName: "n1",
      containers: [{ name: "c", image: "example.test/c:1" }],
      resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }],
    },
  });
  await client.updateStatus(resourceclaims, {
    ...claim,
    status: {
      allocation: { devices: { results: [{ ...device, request: "one" }] } },
      reservedFor: [{ resource: "pods", name: "user", uid: pod.metadata.uid ?? "" }],
    },
  });
}

const ruleOf = (name: string, effect: "NoExecute" | "None") =>
  plane.client.create(devicetaintrules, "", {
    metadata: { name },
    spec: { deviceSelector: { driver: device.driver }, taint: { key: "broken", effect } },
  });

const conditionOf = async (name: string) => {
  const { status } = await plane.client.get(devicetaintrules, "", name);
  return status?.conditions?.find(({ type }) => type === "EvictionInProgress");
};

test("a rule without effect counts, one with NoExecute evicts", async () => {
  await podWithDevice();
  await ruleOf("dry", "None");
  const dry = await eventually("the count", () => conditionOf("dry"), Boolean);
  expect(dry?.message).toStartWith(
    "1 published device selected. 1 allocated device selected. 1 pod would be evicted in 1 namespace if",
  );
  expect(
    (await plane.client.get(pods, "default", "user")).metadata.deletionTimestamp,
  ).toBeUndefined();
  await ruleOf("wet", "NoExecute");
  const pod = await eventually(
    "the eviction",
    () => plane.client.get(pods, "default", "user"),
    ({ metadata }) => metadata.deletionTimestamp !== undefined,
  );
  const disrupted = pod.status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  expect(disrupted?.reason).toBe("DeletionByDeviceTaintManager");
  const { items } = await eventually(
    "its event",
    () => plane.client.list(events, { namespace: "default" }),
    (list) => list.items.some(({ reason }) => reason === "DeviceTaintManagerEviction"),
  );
  expect(items.map(({ message }) => message)).toContain("Marking for deletion");
  expect((await eventually("the rule's word", () => conditionOf("wet"), Boolean))?.type).toBe(
    "EvictionInProgress",
  );
  expect(plane.complaints).toEqual([]);
});
