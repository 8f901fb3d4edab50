import { expect, test } from "bun:test";
import type { IPAddress, ServiceCIDR } from "#gen/api/networking/v1.ts";
import { reconcile } from "./reconcile.ts";

const now = new Date("2026-01-01T00:01:00Z");
const finalizers = ["networking.k8s.io/service-cidr-finalizer"];

function range(name: string, cidr: string, deletionTimestamp?: string): ServiceCIDR {
  const going = deletionTimestamp === undefined ? {} : { deletionTimestamp };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name, finalizers, ...going },
    spec: { cidrs: [cidr] },
    status: {},
  };
}

function taken(name: string): IPAddress {
  const labels = { "ipaddress.kubernetes.io/managed-by": "ipallocator.k8s.io" };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "IPAddress",
    metadata: { name, labels },
    spec: { parentRef: { resource: "services", name: "s" } },
  };
}

const going = range("going", "10.0.0.0/24", "2026-01-01T00:00:00Z");
const effects = (others: readonly ServiceCIDR[], addresses: readonly IPAddress[]) =>
  reconcile(going, [going, ...others], { addresses, now }).map(({ effect }) => effect);

test("one that goes stays while a service has an address of it alone", () => {
  expect(effects([], [taken("10.0.0.7")])).toEqual(["apply"]);
  expect(effects([], [taken("10.0.1.7")])).toEqual(["patch"]);
  expect(effects([range("b", "10.0.0.0/28")], [taken("10.0.0.7")])).toEqual(["patch"]);
  expect(effects([range("b", "10.0.0.0/28")], [taken("10.0.0.15")])).toEqual(["apply"]);
  expect(effects([range("b", "10.0.0.0/16")], [taken("10.0.0.7")])).toEqual(["patch"]);
  expect(effects([range("b", "10.0.0.0/24")], [taken("10.0.0.7")])).toEqual(["patch"]);
});

test("its end waits until every API server has heard of it", () => {
  const fresh = range("fresh", "10.0.0.0/24", "2026-01-01T00:00:54Z");
  const waits = reconcile(fresh, [fresh], { addresses: [], now });
  expect(waits).toEqual([{ effect: "requeueAfter", seconds: 4 }]);
});

test("a new one is held and said to be ready, once", () => {
  const fresh = { ...range("fresh", "10.0.0.0/24"), metadata: { name: "fresh" } };
  const first = reconcile(fresh, [fresh], { addresses: [], now });
  expect(first.map(({ effect }) => effect)).toEqual(["patch", "apply"]);
  const message = "Kubernetes Service CIDR is ready";
  const conditions = [
    { type: "Ready", status: "True" as const, reason: "", message, lastTransitionTime: "x" },
  ];
  const held = { ...range("fresh", "10.0.0.0/24"), status: { conditions } };
  expect(reconcile(held, [held], { addresses: [], now })).toEqual([]);
});
