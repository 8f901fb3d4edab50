import { expect, test } from "bun:test";
import type { Pod } from "#gen/api/core/v1.ts";
import type { ResourceClaim } from "#gen/api/resource/v1.ts";
import { type ClaimSurroundings, frees, reconcileClaim } from "./claim.ts";

const finalizer = "resource.kubernetes.io/delete-protection";
const reference = (uid: string) => ({ resource: "pods", name: uid, uid });
const around = (more: Partial<ClaimSurroundings> = {}): ClaimSurroundings => ({
  isConsumer: () => false,
  pod: () => undefined,
  freed: false,
  ...more,
});

function claim(
  status: ResourceClaim["status"],
  metadata: Partial<ResourceClaim["metadata"]> = {},
): ResourceClaim {
  return {
    apiVersion: "resource.k8s.io/v1",
    kind: "ResourceClaim",
    metadata: { name: "c", namespace: "n", finalizers: [finalizer], ...metadata },
    spec: { devices: {} },
    status,
  };
}

test("consumers that are gone leave; with the last one go the devices, then the finalizer", () => {
  const shared = claim({ allocation: {}, reservedFor: [reference("a"), reference("b")] });
  const one = reconcileClaim(shared, around({ isConsumer: ({ uid }) => uid === "b" }));
  expect(one).toMatchObject([
    {
      subresource: "status",
      object: { status: { reservedFor: [reference("b")], allocation: {} } },
    },
  ]);
  expect(frees(one)).toBe(false);
  const none = reconcileClaim(shared, around());
  expect(none).toMatchObject([{ subresource: "status", object: { status: {} } }]);
  expect(frees(none)).toBe(true);
  const after = reconcileClaim(claim({}), around({ freed: true }));
  expect(after).toMatchObject([{ subresource: "", object: { metadata: { finalizers: [] } } }]);
});

test("a claim whose devices are about to be written keeps its finalizer; consumers of other kinds stay", () => {
  expect(reconcileClaim(claim({}), around())).toEqual([]);
  const other = claim({ allocation: {}, reservedFor: [{ resource: "tpus", name: "x", uid: "x" }] });
  expect(reconcileClaim(other, around())).toEqual([]);
  expect(reconcileClaim(claim({ allocation: {} }), around())).toEqual([]);
});

test("a deleted claim is let go once nobody uses it", () => {
  const going = { deletionTimestamp: "2026-01-01T00:00:00Z" };
  expect(frees(reconcileClaim(claim({ allocation: {} }, going), around()))).toBe(true);
  expect(reconcileClaim(claim({}, going), around())).toMatchObject([
    { object: { metadata: { finalizers: [] } } },
  ]);
});

test("the claim of a pod that is done or was replaced goes", () => {
  const ownerReferences = [
    { apiVersion: "v1", kind: "Pod", name: "p", uid: "u", controller: true },
  ];
  const owned = claim({}, { finalizers: [], ownerReferences });
  const pod = (uid: string, phase: "Running" | "Succeeded"): Pod => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n", uid },
    spec: { containers: [] },
    status: { phase },
  });
  const plan = (found: Pod | undefined) =>
    reconcileClaim(owned, around({ pod: () => found })).map(({ effect }) => effect);
  expect(plan(pod("u", "Running"))).toEqual([]);
  expect(plan(pod("u", "Succeeded"))).toEqual(["delete"]);
  expect(plan(pod("v", "Running"))).toEqual(["delete"]);
  expect(plan(undefined)).toEqual([]);
});
