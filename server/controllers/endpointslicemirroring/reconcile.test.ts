import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { EndpointSubset, Endpoints, Service } from "#gen/api/core/v1.ts";
import type { EndpointSlice } from "#gen/api/discovery/v1.ts";
import { reconcile } from "./reconcile.ts";

const service = (selector?: Record<string, string>): Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "s", namespace: "n" },
  spec: selector === undefined ? {} : { selector },
  status: {},
});

const endpoints = (subsets: EndpointSubset[], labels = {}): Endpoints => ({
  apiVersion: "v1",
  kind: "Endpoints",
  metadata: { name: "s", namespace: "n", uid: "e", labels },
  subsets,
});

const subset = (...ips: string[]): EndpointSubset => ({
  addresses: ips.map((ip) => ({ ip })),
  ports: [{ name: "p", port: 80, protocol: "TCP" }],
});

/** The slices that a reconcile would make. */
const made = (effects: readonly Effect[]): EndpointSlice[] =>
  effects.flatMap((it) => (it.effect === "create" ? [it.object as EndpointSlice] : []));

test("each subset and family gets a slice, ready or not", () => {
  const both = { ...subset("10.0.0.1", "fd00::1"), notReadyAddresses: [{ ip: "10.0.0.2" }] };
  const slices = made(reconcile({ endpoints: endpoints([both]), service: service(), slices: [] }));
  expect(slices.map(({ addressType }) => addressType)).toEqual(["IPv4", "IPv6"]);
  expect(slices[0]?.endpoints?.map(({ conditions }) => conditions?.ready)).toEqual([true, false]);
  expect(slices[0]?.metadata.labels).toMatchObject({ "kubernetes.io/service-name": "s" });
});

test("a change changes its slice, and nothing else", () => {
  const before = endpoints([subset("10.0.0.1")]);
  const slices = made(reconcile({ endpoints: before, service: service(), slices: [] }));
  expect(reconcile({ endpoints: before, service: service(), slices })).toEqual([]);
  const after = endpoints([subset("10.0.0.2")]);
  const effects = reconcile({ endpoints: after, service: service(), slices });
  expect(effects.map(({ effect }) => effect)).toEqual(["update"]);
});

test("what has a selector, wants none or is gone has no mirror", () => {
  const of = endpoints([subset("10.0.0.1")]);
  const slices = made(reconcile({ endpoints: of, service: service(), slices: [] }));
  const ends = (parts: Partial<Parameters<typeof reconcile>[0]>) =>
    reconcile({ endpoints: of, service: service(), slices, ...parts }).map(({ effect }) => effect);
  expect(ends({ endpoints: undefined })).toEqual(["delete"]);
  expect(ends({ service: service({ a: "b" }) })).toEqual(["delete"]);
  const skipped = endpoints([subset("10.0.0.1")], {
    "endpointslice.kubernetes.io/skip-mirror": "true",
  });
  expect(ends({ endpoints: skipped })).toEqual(["delete"]);
});
