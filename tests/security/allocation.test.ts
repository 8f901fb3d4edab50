/** Service addresses and node ports: nothing twice, nothing lost, over several servers and one store. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { repairAllocations } from "#apiserver/allocation/repair.ts";
import { createServiceAllocator } from "#apiserver/allocation/service-allocator.ts";
import type { Service, ServiceSpec } from "#gen/api/core/v1.ts";
import { openWatchCache } from "#storage/cache.ts";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import { newUid } from "./cluster.ts";
import { openTestServer, type TestServer } from "./server.ts";

let server: TestServer;
beforeAll(async () => {
  server = await openTestServer();
});
afterAll(() => server.close());

const services = "/api/v1/namespaces/default/services";
let names = 0;
const service = (spec: object, name = `s${++names}`) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name },
  spec: { ports: [{ port: 80 }], ...spec },
});
const create = (spec: object, name?: string) =>
  server.ask({ path: services, body: service(spec, name) });
const replace = (object: { metadata: { name: string } }) =>
  server.ask({ method: "PUT", path: `${services}/${object.metadata.name}`, body: object });
const remove = (name: string) => server.ask({ method: "DELETE", path: `${services}/${name}` });
const held = (address: string) =>
  server.cache.get({
    group: "networking.k8s.io",
    resource: "ipaddresses",
    namespace: "",
    name: address,
  })?.object;
const portHeld = (port: number) =>
  server.cache.get({ group: "", resource: "servicenodeports", namespace: "", name: `${port}` }) !==
  undefined;

describe("cluster IPs", () => {
  test("are taken from the range, held by an IPAddress, and let go with the service", async () => {
    const { code, body } = await create({});
    const { clusterIP } = body.spec;
    expect(code).toBe(201);
    expect(clusterIP).toMatch(/^10\.96\./);
    expect(held(clusterIP)).toMatchObject({
      metadata: { labels: { "ipaddress.kubernetes.io/ip-family": "IPv4" } },
      spec: { parentRef: { resource: "services", namespace: "default", name: body.metadata.name } },
    });
    expect((await remove(body.metadata.name)).code).toBe(200);
    expect(held(clusterIP)).toBeUndefined();
  });

  test("the kubernetes Service's own is taken", async () => {
    const { code, body } = await create({ clusterIP: "10.96.0.1" }, "thief");
    expect(code).toBe(422);
    expect(body.message).toBe(
      'Service "thief" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.1"]: failed to allocate IP 10.96.0.1: provided IP is already allocated',
    );
    expect(body.details.causes).toMatchObject([
      { reason: "FieldValueInvalid", field: "spec.clusterIPs" },
    ]);
  });

  test("outside the range are refused", async () => {
    for (const clusterIP of ["10.97.0.1", "10.96.0.0", "10.96.255.255", "192.168.0.1"]) {
      expect((await create({ clusterIP })).code).toBe(422);
      expect(held(clusterIP)).toBeUndefined();
    }
  });

  test("a service that is invalid otherwise holds nothing", async () => {
    const spec = { clusterIP: "10.96.0.50", ports: [{ port: 0 }] };
    expect((await create(spec)).code).toBe(422);
    expect(held("10.96.0.50")).toBeUndefined();
    expect((await create({ clusterIP: "10.96.0.50" }, "fifty")).code).toBe(201);
    expect((await create({ clusterIP: "10.96.0.50" })).code).toBe(422);
  });

  test("a second create of one name takes nothing from the first", async () => {
    expect((await create({}, "fifty")).code).toBe(409);
    expect(held("10.96.0.50")).toBeDefined();
    const before = server.cache.list({ group: "networking.k8s.io", resource: "ipaddresses" });
    expect((await create({}, "fifty")).code).toBe(409);
    const after = server.cache.list({ group: "networking.k8s.io", resource: "ipaddresses" });
    expect(after.entries.length).toBe(before.entries.length);
  });

  test("a dry run holds nothing", async () => {
    const body = service({ clusterIP: "10.96.0.60" });
    expect((await server.ask({ path: `${services}?dryRun=All`, body })).code).toBe(201);
    expect(held("10.96.0.60")).toBeUndefined();
  });

  test("stay through updates that leave them out, and go with ExternalName", async () => {
    const { body } = await create({});
    const { clusterIP } = body.spec;
    const without = structuredClone(body);
    delete without.spec.clusterIP;
    delete without.spec.clusterIPs;
    const kept = await replace(without);
    expect([kept.code, kept.body.spec?.clusterIP]).toEqual([200, clusterIP]);
    const external = structuredClone(kept.body);
    external.spec = { type: "ExternalName", externalName: "example.com" };
    const gone = await replace(external);
    expect([gone.code, gone.body.spec?.clusterIP]).toEqual([200, undefined]);
    expect(held(clusterIP)).toBeUndefined();
    const back = structuredClone(gone.body);
    back.spec = { type: "ClusterIP", ports: [{ port: 80 }] };
    const again = await replace(back);
    expect(again.code).toBe(200);
    expect(held(again.body.spec.clusterIP)).toBeDefined();
  });

  test("headless services and dual stack", async () => {
    expect((await create({ clusterIP: "None", selector: { a: "b" } })).body.spec).toMatchObject({
      clusterIPs: ["None"],
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "SingleStack",
    });
    const dual = await create({ ipFamilyPolicy: "RequireDualStack" });
    expect([dual.code, dual.body.details?.causes?.[0]?.field]).toEqual([
      422,
      "spec.ipFamilyPolicy",
    ]);
    const preferred = await create({ ipFamilyPolicy: "PreferDualStack" });
    expect(preferred.body.spec).toMatchObject({
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: "PreferDualStack",
    });
    expect((await create({ ipFamilies: ["IPv6"] })).code).toBe(422);
  });
});

describe("node ports", () => {
  test("are taken, shared by the protocols of a port, and let go", async () => {
    const ports = [
      { name: "a", port: 53, protocol: "UDP" },
      { name: "b", port: 53, protocol: "TCP" },
      { name: "c", port: 80 },
    ];
    const { code, body } = await create({ type: "NodePort", ports });
    expect(code).toBe(201);
    const [udp, tcp, web] = body.spec.ports.map(({ nodePort }: { nodePort: number }) => nodePort);
    expect(udp).toBe(tcp);
    expect(web).not.toBe(udp);
    expect([portHeld(udp), portHeld(web)]).toEqual([true, true]);
    const narrower = structuredClone(body);
    narrower.spec.ports = narrower.spec.ports.slice(0, 2);
    expect((await replace(narrower)).code).toBe(200);
    expect([portHeld(udp), portHeld(web)]).toEqual([true, false]);
    await remove(body.metadata.name);
    expect(portHeld(udp)).toBe(false);
  });

  test("taken or outside the range are refused, with upstream's field", async () => {
    const ports = [{ port: 80, nodePort: 30_080 }];
    const first = await create({ type: "NodePort", ports });
    expect(first.code).toBe(201);
    const second = await create({ type: "NodePort", ports }, "second");
    expect(second.body.message).toBe(
      'Service "second" is invalid: spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated',
    );
    const outside = await create({ type: "NodePort", ports: [{ port: 80, nodePort: 29_999 }] });
    expect(outside.body.message).toContain("The range of valid ports is 30000-32767");
    await remove(first.body.metadata.name);
    expect((await create({ type: "NodePort", ports }, "second")).code).toBe(201);
  });

  test("a service refused for its port gives its address back", async () => {
    const before = server.cache.list({ group: "networking.k8s.io", resource: "ipaddresses" });
    const ports = [{ port: 80, nodePort: 30_080 }];
    expect((await create({ type: "NodePort", ports })).code).toBe(422);
    const after = server.cache.list({ group: "networking.k8s.io", resource: "ipaddresses" });
    expect(after.entries.length).toBe(before.entries.length);
  });

  test("stay when a client leaves them out", async () => {
    const { body } = await create({ type: "NodePort" });
    const [{ nodePort }] = body.spec.ports;
    const without = structuredClone(body);
    delete without.spec.ports[0].nodePort;
    without.spec.ports[0].port = 81;
    expect((await replace(without)).body.spec.ports[0].nodePort).toBe(nodePort);
  });
});

function allocatorOver(cache: Awaited<ReturnType<typeof openWatchCache>>, fraction: () => number) {
  const parts = {
    store: cache,
    randomness: { uid: newUid, fraction },
    now: () => "2026-01-01T00:00:00Z",
    range: { first: 30_000, last: 30_063 },
    serviceCidrs: ["10.0.0.0/26"],
  };
  return { parts, allocator: createServiceAllocator(parts) };
}

function bare(name: string, spec: Partial<ServiceSpec> = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "default" },
    spec: { type: "NodePort", ports: [{ port: 80 }], ...spec },
    status: {},
  } as Service;
}

async function giveRange(cache: Awaited<ReturnType<typeof openWatchCache>>): Promise<void> {
  const key = { group: "networking.k8s.io", resource: "servicecidrs", namespace: "", name: "all" };
  const object = {
    apiVersion: "networking.k8s.io/v1",
    kind: "ServiceCIDR",
    metadata: { name: "all" },
    spec: { cidrs: ["10.0.0.0/26"] },
  };
  await cache.write({ op: "create", key, object });
}

describe("several servers over one store", () => {
  test("fill a range to the last address, with no doubles", async () => {
    const storage = openMemoryStorage();
    const first = await openWatchCache(storage);
    await giveRange(first);
    await first.close();
    const caches = await Promise.all([1, 2, 3].map(() => openWatchCache(storage)));
    // All three would choose alike: only the store keeps them apart.
    const allocators = caches.map((cache) => allocatorOver(cache, () => 0.5).allocator);
    const wanted = Array.from({ length: 66 }, (_, at) => bare(`s${at}`));
    const outcomes = await Promise.allSettled(
      wanted.map((each, at) => {
        const allocator = allocators[at % allocators.length];
        if (allocator === undefined) throw new Error("no allocator");
        return allocator.allocate(each, undefined, { dryRun: false });
      }),
    );
    const given = wanted.filter((_, at) => outcomes[at]?.status === "fulfilled");
    const addresses = given.map(({ spec }) => spec.clusterIP);
    // A /26 has 62 usable addresses.
    expect(addresses.length).toBe(62);
    expect(new Set(addresses).size).toBe(62);
    expect(new Set(given.map(({ spec }) => spec.ports?.[0]?.nodePort)).size).toBe(62);
    await Promise.all(caches.map((cache) => cache.close()));
    await storage.close();
  });

  test("what a crash left claimed is let go once it is old", async () => {
    const storage = openMemoryStorage();
    const cache = await openWatchCache(storage);
    await giveRange(cache);
    const { parts, allocator } = allocatorOver(cache, () => 0.1);
    const lost = bare("lost");
    await allocator.allocate(lost, undefined, { dryRun: false });
    const kept = bare("kept");
    await allocator.allocate(kept, undefined, { dryRun: false });
    const key = { group: "", resource: "services", namespace: "default", name: "kept" };
    await cache.write({ op: "create", key, object: structuredClone(kept) });
    const count = () => cache.list({ group: "networking.k8s.io", resource: "ipaddresses" }).entries;
    expect(await repairAllocations(parts, new Date("2026-01-01T00:00:30Z"))).toBe(0);
    expect(count().length).toBe(2);
    expect(await repairAllocations(parts, new Date("2026-01-01T00:05:00Z"))).toBe(2);
    expect(count().map(({ key: { name } }) => name)).toEqual([kept.spec.clusterIP ?? ""]);
    await cache.close();
    await storage.close();
  });
});
