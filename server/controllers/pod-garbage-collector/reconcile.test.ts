import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { Node, Pod } from "#gen/api/core/v1.ts";
import { orphaned, outOfServiceNode, terminated, unscheduledTerminating } from "./reconcile.ts";

const now = new Date("2026-01-01T00:10:00Z");

function pod(
  name: string,
  facts: { phase?: "Running" | "Succeeded"; node?: string; deleted?: boolean } = {},
): Pod {
  const { phase = "Running", node = "n1", deleted = false } = facts;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      creationTimestamp: `2026-01-01T00:00:0${name}Z`,
      ...(deleted ? { deletionTimestamp: "2026-01-01T00:09:00Z" } : {}),
    },
    spec: { containers: [], ...(node === "" ? {} : { nodeName: node }) },
    status: { phase },
  };
}

const shown = (effects: readonly Effect[]) =>
  effects.map((it) => {
    if (it.effect === "patch") return `fail ${it.target.name}`;
    return it.effect === "delete"
      ? `delete ${it.object.metadata.name} ${it.gracePeriodSeconds}`
      : it.effect;
  });

test("of finished pods beyond the bound the oldest go", () => {
  const finished = ["3", "1", "2"].map((name) => pod(name, { phase: "Succeeded" }));
  expect(shown(terminated(finished, 1))).toEqual(["delete 1 0", "delete 2 0"]);
  expect(terminated(finished, 3)).toEqual([]);
});

test("pods of a vanished node fail and go", () => {
  const pods = [pod("1"), pod("2", { phase: "Succeeded" })];
  expect(shown(orphaned(pods, now))).toEqual(["fail 1", "delete 1 0", "delete 2 0"]);
});

test("deleted before it was bound: it goes", () => {
  expect(shown(unscheduledTerminating(pod("1", { node: "", deleted: true })))).toEqual([
    "delete 1 0",
  ]);
  expect(unscheduledTerminating(pod("1", { deleted: true }))).toEqual([]);
  expect(unscheduledTerminating(pod("1", { node: "" }))).toEqual([]);
});

test("out of service: what is terminating there has ended, unless the node says it lives", () => {
  const node = (ready: string): Node => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n1" },
    spec: { taints: [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }] },
    status: { conditions: [{ type: "Ready", status: ready }] },
  });
  const pods = [pod("1", { deleted: true }), pod("2")];
  expect(shown(outOfServiceNode(node("Unknown"), pods, now))).toEqual(["fail 1", "delete 1 0"]);
  expect(outOfServiceNode(node("True"), pods, now)).toEqual([]);
});
