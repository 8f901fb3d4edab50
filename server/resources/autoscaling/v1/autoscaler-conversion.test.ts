import { expect, test } from "bun:test";
import type { HorizontalPodAutoscaler } from "#gen/api/autoscaling/v2.ts";
import { fromV2, toV2 } from "./autoscaler-conversion.ts";

const stored: HorizontalPodAutoscaler = {
  kind: "HorizontalPodAutoscaler",
  apiVersion: "autoscaling/v2",
  metadata: { name: "web", annotations: { own: "kept" } },
  spec: {
    scaleTargetRef: { kind: "Deployment", name: "web" },
    maxReplicas: 5,
    minReplicas: 2,
    metrics: [
      {
        type: "Resource",
        resource: { name: "memory", target: { type: "AverageValue", averageValue: "1Gi" } },
      },
      {
        type: "Resource",
        resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
      },
    ],
    behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
  },
  status: {
    currentReplicas: 2,
    desiredReplicas: 3,
    currentMetrics: [
      {
        type: "Resource",
        resource: { name: "cpu", current: { averageUtilization: 70, averageValue: "0" } },
      },
    ],
    conditions: [{ type: "AbleToScale", status: "True" }],
  },
};

test("v1 shows CPU, and carries the rest there and back", () => {
  const shown = fromV2(stored);
  expect(shown.spec.targetCPUUtilizationPercentage).toBe(80);
  expect(shown.status.currentCPUUtilizationPercentage).toBe(70);
  expect(shown.metadata.annotations?.["own"]).toBe("kept");
  expect(toV2(shown)).toEqual(stored);
});
