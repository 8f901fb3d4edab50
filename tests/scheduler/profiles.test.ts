/** Several profiles in one scheduler, as a file gives them, beside a whole API server with real pods. */
import { expect, test } from "bun:test";
import { readConfiguration } from "#scheduler/configuration.ts";
import type { PermitPlugin } from "#scheduler/permit.ts";
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
const head = {
  apiVersion: "kubescheduler.config.k8s.io/v1",
  kind: "KubeSchedulerConfiguration",
};
const packing = {
  scoringStrategy: { type: "MostAllocated", resources: [{ name: "cpu", weight: 1 }] },
};
const ofSsd = {
  requiredDuringSchedulingIgnoredDuringExecution: {
    nodeSelectorTerms: [{ matchExpressions: [{ key: "disk", operator: "In", values: ["ssd"] }] }],
  },
};
const keeper: PermitPlugin = { name: "Keeper", permit: () => ({ reject: "kept back" }) };

const configuration = readConfiguration(
  {
    ...head,
    profiles: [
      { schedulerName: "default-scheduler" },
      {
        // One score alone: what is full gets fuller.
        schedulerName: "packer",
        plugins: {
          score: { disabled: [{ name: "*" }], enabled: [{ name: "NodeResourcesFit", weight: 5 }] },
        },
        pluginConfig: [{ name: "NodeResourcesFit", args: packing }],
      },
      {
        schedulerName: "ssd",
        pluginConfig: [{ name: "NodeAffinity", args: { addedAffinity: ofSsd } }],
      },
      {
        // Looks at nothing but resources.
        schedulerName: "blind",
        plugins: {
          multiPoint: {
            disabled: [{ name: "*" }],
            enabled: [
              { name: "PrioritySort" },
              { name: "DefaultBinder" },
              { name: "NodeResourcesFit" },
            ],
          },
        },
      },
      { schedulerName: "kept", plugins: { permit: { enabled: [{ name: "Keeper" }] } } },
    ],
  },
  [keeper],
);

test("pods go where the profile that they name sends them", async () => {
  const plane = await openCluster(closers);
  await addNode(plane, "full");
  await addNode(plane, "empty", { disk: "ssd" });
  startScheduler(plane, closers, { profiles: configuration.profiles });
  const cpu = (amount: string) => ({
    containers: [{ name: "c", image: "x", resources: { requests: { cpu: amount } } }],
  });
  await addPod(plane, "first", { ...cpu("1"), nodeSelector: { disk: "ssd" } });
  // Spreads load: the empty one is now the fuller.
  expect(await bound(plane, "first")).toBe("empty");
  await addPod(plane, "spread", cpu("200m"));
  expect(await bound(plane, "spread")).toBe("full");
  await addPod(plane, "packed", { ...cpu("200m"), schedulerName: "packer" });
  expect(await bound(plane, "packed")).toBe("empty");
  await addPod(plane, "added", { ...cpu("100m"), schedulerName: "ssd" });
  expect(await bound(plane, "added")).toBe("empty");
  // A node that it does not ask for is no hindrance to who does not look.
  const elsewhere = { nodeSelector: { disk: "none" } };
  await addPod(plane, "strict", { ...cpu("100m"), ...elsewhere });
  await addPod(plane, "blind", { ...cpu("100m"), ...elsewhere, schedulerName: "blind" });
  expect(["full", "empty"]).toContain(await bound(plane, "blind"));
  await scheduledCondition(plane, "strict");
  await addPod(plane, "kept", { ...cpu("100m"), schedulerName: "kept" });
  expect((await scheduledCondition(plane, "kept"))?.message).toBe(
    "0/1 nodes are available: 1 kept back.",
  );
  await addPod(plane, "others", { ...cpu("100m"), schedulerName: "packers" });
  expect([await nodeOf(plane, "strict"), await nodeOf(plane, "others")]).toEqual(["", ""]);
}, 30_000);
