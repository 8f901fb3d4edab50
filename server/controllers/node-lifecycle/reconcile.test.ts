import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { Node, Pod, Taint } from "#gen/api/core/v1.ts";
import { type Observed, reconcile } from "./reconcile.ts";

const now = new Date("2026-01-01T00:10:00Z");
const before = "2026-01-01T00:00:00Z";

function node(ready: "True" | "False" | "Unknown" | undefined, taints: Taint[] = []): Node {
  const condition = { type: "Ready", reason: "R", message: "m", lastHeartbeatTime: before };
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1", resourceVersion: "7", creationTimestamp: before },
    spec: { taints },
    status: {
      conditions:
        ready === undefined ? [] : [{ ...condition, status: ready, lastTransitionTime: before }],
    },
  };
}

const readyPod: Pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "p", namespace: "n" },
  spec: { containers: [], nodeName: "n1" },
  status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
};

function seen(facts: Partial<Observed> = {}): Observed {
  return { silentSeconds: 1, pods: [], evictionWait: () => 0, ...facts };
}

function taintsIn(effects: readonly Effect[]): readonly string[] | undefined {
  for (const it of effects) {
    if (it.effect !== "patch" || it.target.name !== "n1") continue;
    const { spec } = it.body as { spec: { taints: Taint[] } };
    return spec.taints.map(({ key, effect }) => `${key.split("/")[1]}:${effect}`);
  }
  return undefined;
}

const own = (key: string, effect: Taint["effect"]): Taint => ({
  key: `node.kubernetes.io/${key}`,
  effect,
});

test("a node that speaks is left alone, and looked at when its grace would be over", () => {
  expect(reconcile(node("True"), seen({ silentSeconds: 10 }), now)).toEqual([
    { effect: "requeueAfter", seconds: 41 },
  ]);
});

test("silent beyond the grace: Unknown, its pods not ready; the taints follow when that is seen", () => {
  const effects = reconcile(node("True"), seen({ silentSeconds: 51, pods: [readyPod] }), now);
  expect(effects[0]).toMatchObject({ effect: "update", subresource: "status" });
  expect(JSON.stringify(effects[0])).toContain('"type":"Ready","reason":"NodeStatusUnknown"');
  expect(JSON.stringify(effects[0])).toContain("NodeStatusNeverUpdated");
  expect(taintsIn(effects)).toBeUndefined();
  const pods = effects.filter((it) => it.effect === "patch" && it.target.subresource === "status");
  expect(pods).toHaveLength(1);
});

test("a new node has a longer grace", () => {
  const quiet = reconcile(node(undefined), seen({ silentSeconds: 55 }), now);
  expect(quiet.some(({ effect }) => effect === "update")).toBe(false);
  const late = reconcile(node(undefined), seen({ silentSeconds: 61 }), now);
  expect(late.some(({ effect }) => effect === "update")).toBe(true);
});

test("Unknown is unreachable, False is not-ready, each with both effects", () => {
  expect(taintsIn(reconcile(node("Unknown"), seen(), now))).toEqual([
    "unreachable:NoSchedule",
    "unreachable:NoExecute",
  ]);
  expect(taintsIn(reconcile(node("False"), seen(), now))).toEqual([
    "not-ready:NoSchedule",
    "not-ready:NoExecute",
  ]);
});

test("a zone that must not be emptied yet: no NoExecute, and we come back", () => {
  const effects = reconcile(node("Unknown"), seen({ evictionWait: () => 9 }), now);
  expect(taintsIn(effects)).toEqual(["unreachable:NoSchedule"]);
  expect(effects).toContainEqual({ effect: "requeueAfter", seconds: 9 });
});

test("back again: our taints go, those of people stay", () => {
  const mine = { key: "example.com/mine", effect: "NoExecute" as const };
  const taints = [own("unreachable", "NoSchedule"), mine, own("unreachable", "NoExecute")];
  expect(taintsIn(reconcile(node("True", taints), seen(), now))).toEqual(["mine:NoExecute"]);
});

test("pressure and cordon are told as taints", () => {
  const pressed = node("True");
  pressed.spec.unschedulable = true;
  pressed.status.conditions?.push({ type: "DiskPressure", status: "True" });
  expect(taintsIn(reconcile(pressed, seen(), now))).toEqual([
    "disk-pressure:NoSchedule",
    "unschedulable:NoSchedule",
  ]);
});
