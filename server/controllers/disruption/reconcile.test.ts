import { expect, test } from "bun:test";
import type { Pod } from "#gen/api/core/v1.ts";
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from "#gen/api/policy/v1.ts";
import { reconcile } from "./reconcile.ts";

const now = new Date("2026-01-01T00:10:00Z");

function budget(
  spec: PodDisruptionBudget["spec"],
  status: PodDisruptionBudgetStatus = {},
): PodDisruptionBudget {
  const metadata = { name: "b", namespace: "n", generation: 2 };
  return { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata, spec, status };
}

function pod(name: string, ready = true, going = false): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, ...(going ? { deletionTimestamp: "2026-01-01T00:09:59Z" } : {}) },
    spec: { containers: [] },
    status: { conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
  };
}

function statusAfter(
  of: PodDisruptionBudget,
  pods: readonly Pod[],
  wantedReplicas = pods.length,
): PodDisruptionBudgetStatus {
  const [write] = reconcile(of, { pods, wantedReplicas }, now);
  if (write?.effect !== "update") throw new Error("nothing is written");
  return (write.object as PodDisruptionBudget).status;
}

test("minAvailable counts the pods there are", () => {
  const pods = [pod("a"), pod("b"), pod("c", false), pod("d", true, true)];
  expect(statusAfter(budget({ minAvailable: 1 }), pods)).toMatchObject({
    observedGeneration: 2,
    expectedPods: 4,
    currentHealthy: 2,
    desiredHealthy: 1,
    disruptionsAllowed: 1,
  });
});

test("shares and maxUnavailable count the pods that are wanted", () => {
  const pods = [pod("a"), pod("b"), pod("c")];
  expect(statusAfter(budget({ maxUnavailable: 1 }), pods, 5).disruptionsAllowed).toBe(0);
  expect(statusAfter(budget({ minAvailable: "50%" }), pods, 5).desiredHealthy).toBe(3);
  expect(statusAfter(budget({ maxUnavailable: "30%" }), pods, 3).disruptionsAllowed).toBe(1);
});

test("no pods allow no disruption, and the condition says so", () => {
  const status = statusAfter(budget({ minAvailable: 0 }), []);
  expect(status.disruptionsAllowed).toBe(0);
  expect(status.conditions?.[0]).toMatchObject({
    type: "DisruptionAllowed",
    status: "False",
    reason: "InsufficientPods",
  });
});

test("an eviction counts as a loss until its pod goes, or for two minutes", () => {
  const disruptedPods = {
    fresh: "2026-01-01T00:09:00Z",
    late: "2026-01-01T00:01:00Z",
    gone: "2026-01-01T00:09:00Z",
  };
  const of = budget({ minAvailable: 1 }, { disruptedPods });
  const status = statusAfter(of, [pod("fresh"), pod("late")]);
  expect(status.disruptedPods).toEqual({ fresh: disruptedPods.fresh });
  expect([status.currentHealthy, status.disruptionsAllowed]).toEqual([1, 0]);
  const wake = reconcile(of, { pods: [pod("fresh")], wantedReplicas: 1 }, now).at(-1);
  expect(wake).toEqual({ effect: "requeueAfter", seconds: 60 });
});

test("what is said already is not said again", () => {
  const settled = statusAfter(budget({ minAvailable: 1 }), [pod("a")]);
  const again = reconcile(
    budget({ minAvailable: 1 }, settled),
    { pods: [pod("a")], wantedReplicas: 1 },
    now,
  );
  expect(again).toEqual([]);
});
