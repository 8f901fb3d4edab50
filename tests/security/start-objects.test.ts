/** The start objects: complete, made once, mended, and safe with several servers at once. */
import { describe, expect, test } from "bun:test";
import { serviceAccountOf } from "#apiserver/authentication/service-account-claims.ts";
import { publishEndpoints } from "#apiserver/bootstrap/kubernetes-endpoints.ts";
import { writeStartObjects } from "#apiserver/bootstrap/write-start-objects.ts";
import { getObject } from "#apiserver/object-reads.ts";
import { endpoints } from "#gen/api/core/v1.ts";
import { endpointslices } from "#gen/api/discovery/v1.ts";
import { clusterrolebindings, clusterroles } from "#gen/api/rbac/v1.ts";
import { openWatchCache } from "#storage/cache.ts";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import { silent } from "#telemetry/log.ts";
import { newUid, openCluster, openEmptyCluster, put, stamp, wantedObjects } from "./cluster.ts";

const wanted = wantedObjects();

describe("start objects", () => {
  test("every one is stored with uid and time; a second start writes nothing", async () => {
    const cache = await openEmptyCluster();
    expect(await writeStartObjects(cache, wanted, stamp)).toBe(wanted.length);
    const { revision } = cache;
    for (const { group, resource, object } of wanted) {
      const { namespace = "", name } = object.metadata;
      const stored = cache.get({ group, resource, namespace, name })?.object;
      expect(stored?.metadata.uid).toBeString();
      expect(stored?.metadata.creationTimestamp).toBe(stamp.now);
    }
    expect(await writeStartObjects(cache, wanted, stamp)).toBe(0);
    expect(cache.revision).toBe(revision);
    await cache.close();
  });

  test("three servers start at once over one store", async () => {
    const storage = openMemoryStorage();
    const caches = await Promise.all([1, 2, 3].map(() => openWatchCache(storage)));
    const written = await Promise.all(
      caches.map((cache) => writeStartObjects(cache, wanted, stamp)),
    );
    expect(written.reduce((sum, each) => sum + each, 0)).toBe(wanted.length);
    expect((await storage.head()).revision).toBe(wanted.length);
    await Promise.all(caches.map((cache) => cache.close()));
    await storage.close();
  });

  test("what is missing is added, what was added stays, what opted out is left alone", async () => {
    const cache = await openCluster();
    const role = getObject(cache, clusterroles, { name: "system:kube-scheduler" });
    const binding = getObject(cache, clusterrolebindings, { name: "system:kube-scheduler" });
    const optedOut = getObject(cache, clusterroles, { name: "system:kube-dns" });
    if (!role || !binding || !optedOut) throw new Error("the start objects are incomplete");
    const own = { apiGroups: ["example.com"], resources: ["things"], verbs: ["get"] };
    await put(cache, clusterroles, { ...role, rules: [own, ...(role.rules ?? []).slice(2)] });
    await put(cache, clusterrolebindings, { ...binding, subjects: [] });
    const annotations = { "rbac.authorization.kubernetes.io/autoupdate": "false" };
    const metadata = { ...optedOut.metadata, annotations };
    await put(cache, clusterroles, { ...optedOut, metadata, rules: [] });
    expect(await writeStartObjects(cache, wanted, stamp)).toBe(2);
    const mended = getObject(cache, clusterroles, { name: "system:kube-scheduler" });
    expect(mended?.rules).toContainEqual(own);
    for (const rule of (role.rules ?? []).slice(0, 2)) {
      for (const verb of rule.verbs) {
        expect(mended?.rules?.some((each) => each.verbs.includes(verb))).toBe(true);
      }
    }
    expect(
      getObject(cache, clusterrolebindings, { name: "system:kube-scheduler" })?.subjects,
    ).toEqual(binding.subjects);
    expect(getObject(cache, clusterroles, { name: "system:kube-dns" })?.rules).toEqual([]);
    await cache.close();
  });

  test("aggregated roles come with their rules", async () => {
    const cache = await openCluster();
    for (const name of ["view", "edit", "admin"]) {
      expect(getObject(cache, clusterroles, { name })?.rules?.length).toBeGreaterThan(5);
    }
    await cache.close();
  });
});

test("the kubernetes endpoints are those of the servers that live", async () => {
  const cache = await openCluster();
  let now = new Date("2026-01-01T00:00:00Z");
  const parts = { cache, port: 6443, clock: () => now, newUid, logger: silent };
  const addresses = () =>
    getObject(cache, endpoints, {
      namespace: "default",
      name: "kubernetes",
    })?.subsets?.[0]?.addresses?.map(({ ip }) => ip);
  await publishEndpoints({ ...parts, address: "10.0.0.2" });
  await publishEndpoints({ ...parts, address: "10.0.0.1" });
  expect(addresses()).toEqual(["10.0.0.1", "10.0.0.2"]);
  const slice = getObject(cache, endpointslices, { namespace: "default", name: "kubernetes" });
  expect(slice?.endpoints?.map((each) => each.addresses)).toEqual([["10.0.0.1"], ["10.0.0.2"]]);
  now = new Date("2026-01-01T00:01:00Z");
  await publishEndpoints({ ...parts, address: "10.0.0.2" });
  expect(addresses()).toEqual(["10.0.0.2"]);
  await cache.close();
});

test("service-account names are taken apart strictly", () => {
  expect(serviceAccountOf("system:serviceaccount:ns:robot")).toEqual({
    namespace: "ns",
    name: "robot",
  });
  for (const name of [
    "system:serviceaccount:",
    "system:serviceaccount:a",
    "system:serviceaccount:a:b:c",
    "a",
  ]) {
    expect(serviceAccountOf(name)).toBeUndefined();
  }
});
