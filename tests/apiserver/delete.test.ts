/** M7 and M8: how objects go. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ask, type Harness, openHarness } from "./harness.ts";

const maps = "/api/v1/namespaces/default/configmaps";
const pods = "/api/v1/namespaces/default/pods";
let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const map = (name: string, finalizers?: string[]) =>
  ask(harness, "POST", maps, { metadata: { name, finalizers } });
const get = (path: string) => ask(harness, "GET", path);
const del = (path: string, options?: object) => ask(harness, "DELETE", path, options);
const patch = (path: string, body: object) =>
  ask(harness, "PATCH", path, body, { "content-type": "application/merge-patch+json" });

test("at once, answered by a Status that names what went", async () => {
  const { body } = await map("plain");
  const gone = await del(`${maps}/plain`, { propagationPolicy: "Background" });
  expect([gone.status, gone.body.status]).toEqual([200, "Success"]);
  expect(gone.body.details).toEqual({ name: "plain", kind: "configmaps", uid: body.metadata.uid });
  expect((await get(`${maps}/plain`)).status).toBe(404);
  expect((await del(`${maps}/plain`)).status).toBe(404);
});

describe("finalizers", () => {
  test("hold an object until the last is gone", async () => {
    await map("held", ["a/b", "c/d"]);
    const { status, body } = await del(`${maps}/held`);
    expect(status).toBe(200);
    expect(body.metadata.deletionTimestamp).toBeString();
    expect(body.metadata.deletionGracePeriodSeconds).toBe(0);
    const again = await del(`${maps}/held`);
    expect(again.body.metadata.resourceVersion).toBe(body.metadata.resourceVersion);
    expect((await patch(`${maps}/held`, { metadata: { finalizers: ["a/b"] } })).status).toBe(200);
    const more = await patch(`${maps}/held`, { metadata: { finalizers: ["a/b", "e/f"] } });
    expect(more.status).toBe(422);
    expect(more.body.message).toContain("no new finalizers can be added");
    expect((await patch(`${maps}/held`, { metadata: { finalizers: null } })).status).toBe(200);
    expect((await get(`${maps}/held`)).status).toBe(404);
  });

  const policies: readonly (readonly [object, string[] | undefined, number])[] = [
    [{ propagationPolicy: "Foreground" }, ["foregroundDeletion"], 200],
    [{ propagationPolicy: "Orphan" }, ["orphan"], 200],
    [{ orphanDependents: true }, ["orphan"], 200],
    [{ propagationPolicy: "Background" }, undefined, 200],
  ];
  for (const [options, finalizers, code] of policies) {
    test(`${JSON.stringify(options)} leaves ${finalizers}`, async () => {
      const name = `p-${code}-${finalizers?.[0]?.toLowerCase() ?? "none"}-${Object.keys(options)[0]?.length}`;
      await map(name);
      expect((await del(`${maps}/${name}`, options)).status).toBe(code);
      const left = await get(`${maps}/${name}`);
      expect(left.status).toBe(finalizers === undefined ? 404 : 200);
      expect(left.body.metadata.finalizers).toEqual(finalizers);
    });
  }

  test("both ways to say it are one too many", async () => {
    await map("both");
    const both = { propagationPolicy: "Orphan", orphanDependents: true };
    expect((await del(`${maps}/both`, both)).status).toBe(422);
    expect((await del(`${maps}/both`, { propagationPolicy: "Foo" })).status).toBe(422);
  });
});

test("preconditions", async () => {
  const { body } = await map("guarded");
  const { uid, resourceVersion } = body.metadata;
  const wrong = await del(`${maps}/guarded`, { preconditions: { uid: "x" } });
  expect([wrong.status, wrong.body.reason]).toEqual([409, "Conflict"]);
  expect((await del(`${maps}/guarded`, { preconditions: { resourceVersion: "999" } })).status).toBe(
    409,
  );
  expect((await del(`${maps}/guarded`, { preconditions: { uid, resourceVersion } })).status).toBe(
    200,
  );
});

test("a dry run leaves it", async () => {
  await map("dry");
  expect((await del(`${maps}/dry?dryRun=All`)).status).toBe(200);
  expect((await del(`${maps}/dry`, { dryRun: ["All"] })).status).toBe(200);
  expect((await get(`${maps}/dry`)).status).toBe(200);
});

describe("pods", () => {
  const pod = (name: string, nodeName?: string) =>
    ask(harness, "POST", pods, {
      metadata: { name },
      spec: { nodeName, containers: [{ name: "c", image: "i" }] },
    });

  test("on a node go with grace, which a later delete may only shorten", async () => {
    await pod("graceful", "node-1");
    const { body } = await del(`${pods}/graceful`);
    expect(body.metadata.deletionGracePeriodSeconds).toBe(30);
    const deadline = Date.parse(body.metadata.deletionTimestamp);
    const longer = await del(`${pods}/graceful`, { gracePeriodSeconds: 60 });
    expect(longer.body.metadata.deletionGracePeriodSeconds).toBe(30);
    const shorter = await del(`${pods}/graceful`, { gracePeriodSeconds: 10 });
    expect(shorter.body.metadata.deletionGracePeriodSeconds).toBe(10);
    expect(Date.parse(shorter.body.metadata.deletionTimestamp)).toBe(deadline - 20_000);
    expect((await del(`${pods}/graceful`, { gracePeriodSeconds: 0 })).body.kind).toBe("Pod");
    expect((await get(`${pods}/graceful`)).status).toBe(404);
  });

  test("without a node go at once", async () => {
    await pod("homeless");
    await del(`${pods}/homeless`);
    expect((await get(`${pods}/homeless`)).status).toBe(404);
  });
});

test("a namespace terminates until it is finalized", async () => {
  const made = await ask(harness, "POST", "/api/v1/namespaces", { metadata: { name: "ns" } });
  expect(made.body.spec.finalizers).toEqual(["kubernetes"]);
  const { body } = await del("/api/v1/namespaces/ns");
  expect([body.status.phase, body.metadata.deletionGracePeriodSeconds]).toEqual([
    "Terminating",
    undefined,
  ]);
  const unfinalized = { ...body, spec: {} };
  const kept = await ask(harness, "PUT", "/api/v1/namespaces/ns", unfinalized);
  expect(kept.body.spec.finalizers).toEqual(["kubernetes"]);
  const done = await ask(harness, "PUT", "/api/v1/namespaces/ns/finalize", {
    ...unfinalized,
    metadata: { name: "ns" },
  });
  expect(done.status).toBe(200);
  expect((await get("/api/v1/namespaces/ns")).status).toBe(404);
});

test("a collection goes by its selector", async () => {
  const at = "/api/v1/namespaces/many/configmaps";
  for (let i = 0; i < 20; i++) {
    const labels = { odd: `${i % 2 === 1}` };
    await ask(harness, "POST", at, { metadata: { name: `m${i}`, labels } });
  }
  const { status, body } = await del(`${at}?labelSelector=odd%3Dtrue`);
  expect([status, body.items.length]).toEqual([200, 10]);
  expect((await get(at)).body.items).toHaveLength(10);
  await del(at);
  expect((await get(at)).body.items).toHaveLength(0);
});
