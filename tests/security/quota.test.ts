/** Quotas at admission: what they bound is never given twice, however many servers give it. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeStartObjects } from "#apiserver/bootstrap/write-start-objects.ts";
import {
  namespaces,
  type ResourceQuota,
  resourcequotas,
  serviceaccounts,
} from "#gen/api/core/v1.ts";
import { openWatchCache } from "#storage/cache.ts";
import { openMemoryStorage } from "#storage/memory/memory.ts";
import type { WatchCache } from "#storage/watch-cache.ts";
import { put, stamp, wantedObjects } from "./cluster.ts";
import { openTestServer, type TestServer } from "./server.ts";

const servers: TestServer[] = [];
const caches: WatchCache[] = [];

beforeAll(async () => {
  const storage = openMemoryStorage();
  for (let i = 0; i < 3; i++) caches.push(await openWatchCache(storage, { indexes: [] }));
  const [cache] = caches;
  if (cache === undefined) throw new Error("no cache");
  await writeStartObjects(cache, wantedObjects(), stamp);
  for (const one of caches) {
    await one.fresh();
    servers.push(await openTestServer(one));
  }
});

afterAll(async () => {
  for (const server of servers) await server.close();
  for (const cache of caches) await cache.close();
});

const at = (index: number): TestServer => {
  const server = servers[index % servers.length];
  if (server === undefined) throw new Error("no server");
  return server;
};

/** A namespace with a quota whose status is counted already. */
async function bounded(
  namespace: string,
  hard: Record<string, string>,
  spec: ResourceQuota["spec"] = {},
): Promise<void> {
  const { cache } = at(0);
  await put(cache, namespaces, {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: namespace },
    spec: {},
    status: { phase: "Active" },
  });
  await put(cache, serviceaccounts, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default", namespace },
  });
  const used = Object.fromEntries(Object.keys(hard).map((name) => [name, "0"]));
  await put(cache, resourcequotas, {
    apiVersion: "v1",
    kind: "ResourceQuota",
    metadata: { name: "q", namespace },
    spec: { hard, ...spec },
    status: { hard, used },
  });
  for (const one of caches) await one.fresh();
}

const usedIn = async (namespace: string): Promise<Record<string, string>> => {
  const { body } = await at(0).ask({ path: `/api/v1/namespaces/${namespace}/resourcequotas/q` });
  return body.status.used;
};

const podOf = (name: string, cpu?: string) => ({
  metadata: { name },
  spec: {
    containers: [
      { name: "c", image: "i", ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }) },
    ],
  },
});

const createPod = (server: TestServer, namespace: string, body: unknown, query = "") =>
  server.ask({ path: `/api/v1/namespaces/${namespace}/pods${query}`, body });

test("three servers racing give exactly what there is", async () => {
  await bounded("race", { "count/configmaps": "20" });
  const answers = await Promise.all(
    Array.from({ length: 60 }, (_, index) =>
      at(index).ask({
        path: "/api/v1/namespaces/race/configmaps",
        body: { metadata: { name: `m${index}` } },
      }),
    ),
  );
  const codes = answers.map(({ code }) => code);
  expect(codes.filter((code) => code === 201)).toHaveLength(20);
  expect(codes.filter((code) => code === 403)).toHaveLength(40);
  expect(await usedIn("race")).toEqual({ "count/configmaps": "20" });
});

test("a refusal says what was asked, what is used and what there is", async () => {
  await bounded("small", { pods: "1", "requests.cpu": "500m" });
  expect((await createPod(at(0), "small", podOf("a", "200m"))).code).toBe(201);
  const { code, body } = await createPod(at(0), "small", podOf("b", "400m"));
  expect(code).toBe(403);
  expect(body.message).toBe(
    'pods "b" is forbidden: exceeded quota: q, requested: pods=1,requests.cpu=400m, used: pods=1,requests.cpu=200m, limited: pods=1,requests.cpu=500m',
  );
});

test("what a quota bounds every container must say", async () => {
  await bounded("said", { "requests.cpu": "1", "limits.memory": "1Gi" });
  const { code, body } = await createPod(at(0), "said", podOf("a"));
  expect([code, body.message]).toEqual([
    403,
    'pods "a" is forbidden: failed quota: q: must specify limits.memory for: c; requests.cpu for: c',
  ]);
});

test("scopes leave others alone, a dry run takes nothing", async () => {
  await bounded("scoped", { pods: "1" }, { scopes: ["NotBestEffort"] });
  expect((await createPod(at(0), "scoped", podOf("free"))).code).toBe(201);
  expect((await createPod(at(0), "scoped", podOf("dry", "1"), "?dryRun=All")).code).toBe(201);
  expect(await usedIn("scoped")).toEqual({ pods: "0" });
  expect((await createPod(at(0), "scoped", podOf("first", "1"))).code).toBe(201);
  expect((await createPod(at(0), "scoped", podOf("second", "1"))).code).toBe(403);
});

test("an update takes only what it adds", async () => {
  await bounded("ports", { "services.nodeports": "2" });
  const service = (ports: number[]) => ({
    metadata: { name: "s", namespace: "ports" },
    spec: {
      type: "NodePort",
      selector: { a: "b" },
      ports: ports.map((port) => ({ name: `p${port}`, port })),
    },
  });
  const path = "/api/v1/namespaces/ports/services";
  expect((await at(0).ask({ path, body: service([1]) })).code).toBe(201);
  const put = (ports: number[]) =>
    at(0).ask({ method: "PUT", path: `${path}/s`, body: service(ports) });
  expect((await put([1, 2])).code).toBe(200);
  expect((await put([1, 2, 3])).code).toBe(403);
  expect(await usedIn("ports")).toEqual({ "services.nodeports": "2" });
});
