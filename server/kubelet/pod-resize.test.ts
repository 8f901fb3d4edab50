import { expect, test } from "bun:test";
import type { Pod, PodStatus } from "#gen/api/core/v1.ts";
import { allocatedPod, allocationOf, judgeResize, resizeMessage } from "./pod-resize.ts";

const podOf = (cpu: string, status: PodStatus = {}): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "web", namespace: "default", generation: 2 },
  spec: { containers: [{ name: "c", resources: { requests: { cpu } } }] },
  status,
});
const node = { cpu: "4", memory: "1Gi", pods: "10" };
const had = (cpu: string) => allocationOf(podOf(cpu));
const judge = (asked: string, given: string, ...others: string[]) =>
  judgeResize(podOf(asked), had(given), () => others.map((cpu) => podOf(cpu)), node);

test("a resize is granted, waits for room, or can never be", () => {
  expect(judge("1000m", "1")).toBe("settled");
  expect(judge("3", "1", "1")).toBe("granted");
  expect(judge("3500m", "1", "1")).toEqual({
    reason: "Deferred",
    message: "Node didn't have enough resource: cpu, requested: 3500, used: 1000, capacity: 4000",
  });
  expect(judge("5", "1")).toMatchObject({ reason: "Infeasible" });
});

test("until it is granted the pod is as it was", () => {
  expect(allocatedPod(podOf("3"), had("1")).spec.containers[0]?.resources).toEqual({
    requests: { cpu: "1" },
  });
});

test("a restarted agent takes up what the status tells", () => {
  const status = {
    containerStatuses: [
      {
        name: "c",
        image: "x",
        imageID: "",
        ready: true,
        restartCount: 0,
        allocatedResources: { cpu: "1" },
        resources: { requests: { cpu: "500m" } },
      },
    ],
  };
  const { requests } = allocationOf(podOf("3", status)).get("c") ?? {};
  expect(requests).toEqual({ cpu: "1" });
});

test("events tell what the containers get", () => {
  expect(resizeMessage("Pod resize started", podOf("3"))).toBe(
    'Pod resize started: {"containers":[{"name":"c","resources":{"requests":{"cpu":"3"}}}],"generation":2}',
  );
});
