import { expect, test } from "bun:test";
import { type PersistentVolumeClaim, persistentvolumeclaims } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

const what = { ref: persistentvolumeclaims, finalizer: "kubernetes.io/pvc-protection" };

function claim(finalizers: string[], going: boolean): PersistentVolumeClaim {
  const deletionTimestamp = going ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {};
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "n", finalizers, ...deletionTimestamp },
    spec: {},
    status: {},
  };
}

const finalizersAfter = (finalizers: string[], going: boolean, used: boolean) =>
  reconcile(claim(finalizers, going), what, () => used).map((it) =>
    it.effect === "update" ? it.object.metadata.finalizers : undefined,
  );

test("a claim is held until nobody uses it", () => {
  expect(finalizersAfter(["a", what.finalizer], true, true)).toEqual([]);
  expect(finalizersAfter(["a", what.finalizer], true, false)).toEqual([["a"]]);
});

test("a claim that is not held is, unless it goes", () => {
  expect(finalizersAfter([], false, true)).toEqual([[what.finalizer]]);
  expect(finalizersAfter([what.finalizer], false, false)).toEqual([]);
  expect(finalizersAfter(["a"], true, false)).toEqual([]);
});
