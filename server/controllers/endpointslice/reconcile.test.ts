import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { Pod, Service } from "#gen/api/core/v1.ts";
import type { EndpointSlice } from "#gen/api/discovery/v1.ts";
import { reconcile } from "./reconcile.ts";

function service(spec: Partial<Service["spec"]> = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "n", uid: "svc" },
    spec: {
      selector: { app: "web" },
      ipFamilies: ["IPv4"],
      clusterIP: "10.96.0.9",
      ports: [{ port: 80, targetPort: "http", protocol: "TCP" }],
      ...spec,
    },
    status: {},
  };
}

interface PodFacts {
  readonly ready?: boolean;
  readonly leaving?: boolean;
  readonly port?: number;
  readonly ips?: readonly string[];
}

function pod(
  index: number,
  { ready = true, leaving = false, port = 8080, ...facts }: PodFacts = {},
): Pod {
  const ips = facts.ips ?? [`10.0.${index >> 8}.${index & 255}`];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `p${index}`,
      namespace: "n",
      uid: `u${index}`,
      ...(leaving ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
    },
    spec: {
      nodeName: "n1",
      containers: [{ name: "c", ports: [{ name: "http", containerPort: port }] }],
    },
    status: {
      phase: "Running",
      ...(ips[0] === undefined ? {} : { podIP: ips[0] }),
      podIPs: ips.map((ip) => ({ ip })),
      conditions: [{ type: "Ready", status: ready ? "True" : "False" }],
    },
  };
}

const pods = (count: number, from = 0): Pod[] =>
  Array.from({ length: count }, (_, i) => pod(from + i));
const zoneOf = () => "z1";
let made = 0;

/** What the API would hold after these effects. */
function applied(slices: readonly EndpointSlice[], effects: readonly Effect[]): EndpointSlice[] {
  const held = new Map(slices.map((slice) => [slice.metadata.name, slice]));
  for (const it of effects) {
    if (it.effect === "delete") held.delete(it.object.metadata.name);
    if (it.effect === "update") held.set(it.object.metadata.name, it.object as EndpointSlice);
    if (it.effect !== "create") continue;
    const name = `web-${made++}`;
    held.set(name, { ...it.object, metadata: { ...it.object.metadata, name } } as EndpointSlice);
  }
  return [...held.values()];
}

const run = (of: Service, backends: readonly Pod[], slices: readonly EndpointSlice[] = []) =>
  reconcile(of, { pods: backends, slices, zoneOf });

const names = (slices: readonly EndpointSlice[]) =>
  slices
    .flatMap(({ endpoints = [] }) => endpoints.map(({ targetRef }) => targetRef?.name ?? ""))
    .sort();

test("a hundred to a slice", () => {
  const slices = applied([], run(service(), pods(250)));
  expect(slices.map(({ endpoints }) => endpoints?.length)).toEqual([100, 100, 50]);
  expect(slices[0]).toMatchObject({
    addressType: "IPv4",
    ports: [{ name: "", port: 8080, protocol: "TCP" }],
    metadata: {
      labels: { "kubernetes.io/service-name": "web" },
      ownerReferences: [{ uid: "svc" }],
    },
  });
  expect(run(service(), pods(250), slices)).toEqual([]);
});

test("one pod more or less writes one slice", () => {
  const slices = applied([], run(service(), pods(250)));
  const more = run(service(), pods(251), slices);
  expect(more.map(({ effect }) => effect)).toEqual(["update"]);
  const swapped = [...pods(250).slice(1), pod(900)];
  const swap = run(service(), swapped, slices);
  expect(swap.map(({ effect }) => effect)).toEqual(["update"]);
  expect(names(applied(slices, swap))).toEqual(swapped.map((it) => it.metadata.name).sort());
});

test("ready, serving, terminating", () => {
  const backends = [pod(1), pod(2, { ready: false }), pod(3, { leaving: true })];
  const [slice] = applied([], run(service(), backends));
  expect(slice?.endpoints?.map(({ conditions }) => conditions)).toEqual([
    { ready: true, serving: true, terminating: false },
    { ready: false, serving: false, terminating: false },
    { ready: false, serving: true, terminating: true },
  ]);
  expect(slice?.endpoints?.[0]).toMatchObject({ nodeName: "n1", zone: "z1" });
  const [published] = applied([], run(service({ publishNotReadyAddresses: true }), backends));
  expect(published?.endpoints?.every(({ conditions }) => conditions?.ready)).toBe(true);
});

test("a named port that differs between pods parts them", () => {
  const slices = applied([], run(service(), [pod(1), pod(2, { port: 9090 })]));
  expect(slices.map(({ ports }) => ports?.[0]?.port)).toEqual([8080, 9090]);
});

test("each family has its slices", () => {
  const dual = service({ ipFamilies: ["IPv4", "IPv6"] });
  const slices = applied([], run(dual, [pod(1, { ips: ["10.0.0.1", "fd00::1"] })]));
  expect(slices.map((it) => [it.addressType, it.endpoints?.[0]?.addresses])).toEqual([
    ["IPv4", ["10.0.0.1"]],
    ["IPv6", ["fd00::1"]],
  ]);
});

test("nobody serves: one empty slice says so, whatever was before", () => {
  const [empty] = applied([], run(service(), []));
  expect(empty?.endpoints).toEqual([]);
  const slices = applied([], run(service(), pods(150)));
  expect(applied(slices, run(service(), [], slices)).map((it) => it.endpoints)).toEqual([[]]);
});

test("slices of others, and Services without selector, are left alone", () => {
  const [slice] = applied([], run(service(), pods(1)));
  if (slice === undefined) throw new Error("no slice");
  const foreign = { ...slice, metadata: { ...slice.metadata, labels: {}, name: "foreign" } };
  expect(run(service(), pods(1), [slice, foreign])).toEqual([]);
  expect(run(service({ selector: {} }), pods(1))).toEqual([]);
  expect(run(service({ type: "ExternalName" }), pods(1))).toEqual([]);
});

test("near ones are hinted at where the Service wants it", () => {
  const [slice] = applied([], run(service({ trafficDistribution: "PreferClose" }), pods(1)));
  expect(slice?.endpoints?.[0]?.hints).toEqual({ forZones: [{ name: "z1" }] });
});
