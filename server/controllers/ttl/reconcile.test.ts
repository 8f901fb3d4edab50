import { expect, test } from "bun:test";
import type { Node } from "#gen/api/core/v1.ts";
import { reconcile, stepAfter } from "./reconcile.ts";

test("a cluster at an edge keeps its step", () => {
  expect([stepAfter(0, 100), stepAfter(0, 101), stepAfter(1, 95), stepAfter(1, 89)]).toEqual([
    0, 1, 1, 0,
  ]);
  expect([stepAfter(0, 5000), stepAfter(4, 10)]).toEqual([4, 0]);
});

test("a node is told once", () => {
  const node: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n", annotations: { "node.alpha.kubernetes.io/ttl": "0" } },
    spec: {},
    status: {},
  };
  expect(reconcile(node, 0)).toEqual([]);
  expect(reconcile(node, 1)).toMatchObject([
    {
      effect: "patch",
      body: { metadata: { annotations: { "node.alpha.kubernetes.io/ttl": "15" } } },
    },
  ]);
});
