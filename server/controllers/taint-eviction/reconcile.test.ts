import { describe, expect, test } from "bun:test";
import type { Pod, Taint, Toleration } from "#gen/api/core/v1.ts";
import { toleratesTaint } from "#resources/core/v1/tolerations.ts";
import { reconcile } from "./reconcile.ts";

const now = new Date("2026-01-01T00:10:00Z");
const taint: Taint = {
  key: "k",
  value: "v",
  effect: "NoExecute",
  timeAdded: "2026-01-01T00:09:00Z",
};

function pod(...tolerations: Toleration[]): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n" },
    spec: { containers: [], nodeName: "n1", tolerations },
    status: {},
  };
}

const act = (it: Pod, taints: readonly Taint[] = [taint]): readonly (string | number)[] =>
  reconcile(it, taints, { now, firstSeen: () => now }).map((effect) =>
    effect.effect === "requeueAfter" ? effect.seconds : effect.effect,
  );

const evicted: readonly (string | number)[] = ["event", "patch", "delete"];

test("no toleration: at once, and told", () => expect(act(pod())).toEqual(evicted));
test("tolerated for ever: it stays", () => {
  expect(act(pod({ key: "k", operator: "Exists" }))).toEqual([]);
});
test("tolerated for a time, which counts from when the taint was added", () => {
  expect(act(pod({ operator: "Exists", tolerationSeconds: 100 }))).toEqual([40]);
  expect(act(pod({ operator: "Exists", tolerationSeconds: 60 }))).toEqual(evicted);
});
test("of two tolerations the shorter counts, of two taints the one not tolerated", () => {
  const both = pod(
    { operator: "Exists", tolerationSeconds: 100 },
    { key: "k", value: "v", tolerationSeconds: 90 },
  );
  expect(act(both)).toEqual([30]);
  const other: Taint = { key: "other", effect: "NoExecute" };
  expect(act(pod({ key: "k", operator: "Exists" }), [taint, other])).toEqual(evicted);
});
test("other effects, and pods on their way out, are not its affair", () => {
  expect(act(pod(), [{ key: "k", effect: "NoSchedule" }])).toEqual([]);
  const leaving = pod();
  leaving.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  expect(act(leaving)).toEqual([]);
});

describe("toleration of k=5", () => {
  const five: Taint = { key: "k", value: "5", effect: "NoExecute" };
  const cases: readonly [Toleration, boolean][] = [
    [{ operator: "Exists" }, true],
    [{ key: "k", operator: "Exists" }, true],
    [{ key: "k", value: "5" }, true],
    [{ key: "k", operator: "Equal", value: "6" }, false],
    [{ key: "other", operator: "Exists" }, false],
    [{ key: "k", operator: "Exists", effect: "NoSchedule" }, false],
    [{ key: "k", operator: "Gt", value: "4" }, true],
    [{ key: "k", operator: "Lt", value: "4" }, false],
  ];
  for (const [toleration, expected] of cases) {
    test(JSON.stringify(toleration), () => expect(toleratesTaint(toleration, five)).toBe(expected));
  }
});
