import assert from "node:assert/strict";
import { nodes, pods } from "#gen/api/core/v1.ts";
import { devicetaintrules, resourceclaims, resourceslices } from "#gen/api/resource/v1.ts";
import { until } from "../until.ts";
import { podsOf, type Scenario } from "./place.ts";

const driver = "swaps.kubun.io";

/** A rule taints a device that a pod has: the pod goes. Who allocated it is no matter here. */
export const deviceTaints: Scenario = async (place) => {
  const { client, namespace } = place;
  const [node] = (await client.list(nodes)).items;
  assert.ok(node !== undefined, "there is no node");
  const nodeName = node.metadata.name;
  const device = { driver, pool: namespace, device: "d" };
  const pool = { name: namespace, generation: 1, resourceSliceCount: 1 };
  await client.create(resourceslices, "", {
    metadata: { name: namespace },
    spec: { driver, nodeName, pool, devices: [{ name: device.device }] },
  });
  const claim = await client.create(resourceclaims, namespace, {
    metadata: { name: "one" },
    spec: { devices: { requests: [{ name: "one", exactly: { deviceClassName: "any" } }] } },
  });
  const pod = await client.create(pods, namespace, {
    metadata: { name: "user", labels: { app: "user" } },
    spec: {
      nodeName,
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "c", image: "example.test/c:1" }],
      resourceClaims: [{ name: "one", resourceClaimName: "one" }],
    },
  });
  const allocation = { devices: { results: [{ ...device, request: "one" }] } };
  const reservedFor = [{ resource: "pods", name: "user", uid: pod.metadata.uid ?? "" }];
  await client.updateStatus(resourceclaims, { ...claim, status: { allocation, reservedFor } });
  await client.create(devicetaintrules, "", {
    metadata: { name: namespace },
    spec: {
      deviceSelector: { driver, pool: namespace },
      taint: { key: "swaps.kubun.io/broken", effect: "NoExecute" },
    },
  });
  await until("the pod to go", "0", async () => `${(await podsOf(place, "user")).length}`);
  await until("the rule to say so", "true", async () => {
    const { status } = await client.get(devicetaintrules, "", namespace);
    return `${status?.conditions?.some(({ type }) => type === "EvictionInProgress") ?? false}`;
  });
  await client.delete(devicetaintrules, "", namespace);
  await client.delete(resourceslices, "", namespace);
  return "the pod with the tainted device evicted, the rule says so";
};
