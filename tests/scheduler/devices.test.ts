/** Pods with claims of devices, beside a whole API server in memory; the test plays who allocates them. */
import { expect, test } from "bun:test";
import { resourceclaims } from "#gen/api/resource/v1.ts";
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

test("a pod waits for its devices and is told so, then goes where they are and has them reserved", async () => {
  const plane = await openCluster(closers);
  for (const name of ["a", "b"]) await addNode(plane, name, { disk: name });
  startScheduler(plane, closers);
  const metadata = { name: "gpu", namespace: "default" };
  const requests = [{ name: "one", exactly: { deviceClassName: "gpu.example.com" } }];
  await plane.client.create(resourceclaims, "default", {
    metadata,
    spec: { devices: { requests } },
    status: {},
  });
  const pod = await addPod(plane, "p", {
    resourceClaims: [{ name: "gpu", resourceClaimName: "gpu" }],
  });
  expect((await scheduledCondition(plane, "p"))?.message).toBe(
    '0/2 nodes are available: resourceclaim "gpu" has no devices yet: allocating them needs CEL selectors, which are not evaluated here. not found',
  );
  const claim = await plane.client.get(resourceclaims, "default", "gpu");
  const matchExpressions = [{ key: "disk", operator: "In" as const, values: ["b"] }];
  const results = [{ request: "one", driver: "gpu.example.com", pool: "b", device: "d0" }];
  const nodeSelector = { nodeSelectorTerms: [{ matchExpressions }] };
  await plane.client.updateStatus(resourceclaims, {
    ...claim,
    status: { allocation: { nodeSelector, devices: { results } } },
  });
  expect(await bound(plane, "p")).toBe("b");
  const { status } = await plane.client.get(resourceclaims, "default", "gpu");
  expect(status.reservedFor).toEqual([
    { resource: "pods", name: "p", uid: pod.metadata.uid ?? "" },
  ]);
}, 30_000);
