/** M9: what stands below an object. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createSigningRequest } from "#apimachinery/pki.ts";
import { ask, type Harness, openHarness } from "./harness.ts";

const base = "/api/v1/namespaces/default";
const apps = "/apis/apps/v1/namespaces/default/deployments";
const mergePatch = { "content-type": "application/merge-patch+json" };
let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const get = (path: string) => ask(harness, "GET", path);
const post = (path: string, body: object) => ask(harness, "POST", path, body);
const put = (path: string, body: object) => ask(harness, "PUT", path, body);
const patch = (path: string, body: object) => ask(harness, "PATCH", path, body, mergePatch);
const pod = (name: string, more: object = {}, labels: object = {}) =>
  post(`${base}/pods`, {
    metadata: { name, labels },
    spec: { containers: [{ name: "c", image: "i" }], ...more },
  });

describe("scale", () => {
  beforeAll(async () => {
    await post(apps, {
      metadata: { name: "web" },
      spec: {
        selector: { matchLabels: { a: "b" } },
        template: {
          metadata: { labels: { a: "b" } },
          spec: { containers: [{ name: "c", image: "i" }] },
        },
      },
    });
  });
  test("reads and writes replicas", async () => {
    const { body } = await get(`${apps}/web/scale`);
    expect([body.kind, body.apiVersion]).toEqual(["Scale", "autoscaling/v1"]);
    expect([body.spec, body.status]).toEqual([{ replicas: 1 }, { replicas: 0, selector: "a=b" }]);
    const scaled = await put(`${apps}/web/scale`, { ...body, spec: { replicas: 3 } });
    expect(scaled.body.spec.replicas).toBe(3);
    const { spec, metadata } = (await get(`${apps}/web`)).body;
    expect([spec.replicas, metadata.generation]).toEqual([3, 2]);
    expect((await put(`${apps}/web/scale`, { ...body, spec: { replicas: 4 } })).status).toBe(409);
  });
  test("takes a patch", async () => {
    expect((await patch(`${apps}/web/scale`, { spec: { replicas: 5 } })).body.spec.replicas).toBe(
      5,
    );
  });
  test("refuses less than none, and wrong types", async () => {
    expect((await patch(`${apps}/web/scale`, { spec: { replicas: -1 } })).status).toBe(422);
    expect((await patch(`${apps}/web/scale`, { spec: { replicas: "x" } })).status).toBe(422);
    expect((await get(`${apps}/nobody/scale`)).status).toBe(404);
  });
});

describe("binding", () => {
  const binding = (name: string, target: object, metadata: object = {}) =>
    post(`${base}/pods/${name}/binding`, {
      kind: "Binding",
      apiVersion: "v1",
      metadata: { name, ...metadata },
      target,
    });
  test("assigns once", async () => {
    const { body } = await pod("bound");
    const target = { kind: "Node", name: "n1" };
    const done = await binding("bound", target, {
      uid: body.metadata.uid,
      annotations: { a: "b" },
    });
    expect([done.status, done.body.status]).toEqual([201, "Success"]);
    const { spec, status, metadata } = (await get(`${base}/pods/bound`)).body;
    expect([spec.nodeName, metadata.annotations]).toEqual(["n1", { a: "b" }]);
    expect(status.conditions[0]).toMatchObject({ type: "PodScheduled", status: "True" });
    const again = await binding("bound", { kind: "Node", name: "n2" });
    expect([again.status, again.body.message]).toEqual([
      409,
      'Operation cannot be fulfilled on pods/binding "bound": pod bound is already assigned to node "n1"',
    ]);
  });
  test("to one node only, however many try", async () => {
    await pod("wanted");
    const tries = ["n1", "n2", "n3", "n4"].map((name) => binding("wanted", { name }));
    const codes = (await Promise.all(tries)).map(({ status }) => status);
    expect(codes.sort()).toEqual([201, 409, 409, 409]);
  });
  test("refusals", async () => {
    await pod("unbound");
    expect((await binding("nobody", { name: "n" })).status).toBe(404);
    expect((await binding("unbound", {})).status).toBe(500);
    expect((await binding("unbound", { kind: "Pod", name: "n" })).status).toBe(500);
    expect((await binding("unbound", { name: "n" }, { uid: "x" })).status).toBe(409);
    await pod("gated", { schedulingGates: [{ name: "a/b" }] });
    expect((await binding("gated", { name: "n" })).status).toBe(409);
  });
  test("by the bindings collection too", async () => {
    await pod("older");
    const body = { metadata: { name: "older" }, target: { name: "n9" } };
    expect((await post(`${base}/bindings`, body)).status).toBe(201);
    expect((await get(`${base}/pods/older`)).body.spec.nodeName).toBe("n9");
    expect((await get(`${base}/bindings`)).status).toBe(405);
  });
});

describe("eviction", () => {
  const evict = (name: string, more: object = {}) =>
    post(`${base}/pods/${name}/eviction`, { metadata: { name }, ...more });
  const running = async (name: string, app: string) => {
    await pod(name, { nodeName: "n1" }, { app });
    const conditions = [{ type: "Ready", status: "True" }];
    await patch(`${base}/pods/${name}/status`, { status: { phase: "Running", conditions } });
  };
  const budget = (app: string, allowed: number) =>
    post("/apis/policy/v1/namespaces/default/poddisruptionbudgets", {
      metadata: { name: app },
      spec: { minAvailable: 1, selector: { matchLabels: { app } } },
    }).then(() =>
      patch(`/apis/policy/v1/namespaces/default/poddisruptionbudgets/${app}/status`, {
        status: {
          observedGeneration: 1,
          disruptionsAllowed: allowed,
          currentHealthy: 1,
          desiredHealthy: 1,
          expectedPods: 1,
        },
      }),
    );

  test("without a budget is a delete, with the reason noted", async () => {
    await running("free", "free");
    expect((await evict("free")).status).toBe(201);
    const { body } = await get(`${base}/pods/free`);
    expect(body.metadata.deletionTimestamp).toBeString();
    const target = body.status.conditions.find(
      ({ type }: { type: string }) => type === "DisruptionTarget",
    );
    expect(target.reason).toBe("EvictionByEvictionAPI");
  });
  test("a spent budget is 429 with cause DisruptionBudget", async () => {
    await running("kept", "kept");
    await budget("kept", 0);
    const { status, body } = await evict("kept");
    expect([status, body.details.causes[0].reason]).toEqual([429, "DisruptionBudget"]);
    expect((await get(`${base}/pods/kept`)).body.metadata.deletionTimestamp).toBeUndefined();
  });
  test("a budget of one is spent once", async () => {
    await running("one-a", "one");
    await running("one-b", "one");
    await budget("one", 1);
    const codes = (await Promise.all([evict("one-a"), evict("one-b")])).map(({ status }) => status);
    expect(codes.sort()).toEqual([201, 429]);
  });
  test("absent is 404", async () => expect((await evict("nobody")).status).toBe(404));
});

test("approval changes conditions alone", async () => {
  const at = "/apis/certificates.k8s.io/v1/certificatesigningrequests";
  const { request } = await createSigningRequest({ commonName: "x" });
  const pem = Buffer.from(request).toString("base64");
  const spec = { request: pem, signerName: "example.com/x", usages: ["client auth"] };
  const made = await post(at, { metadata: { name: "csr" }, spec });
  expect(made.status).toBe(201);
  const conditions = [{ type: "Approved", status: "True", reason: "Test" }];
  const changed = {
    ...made.body,
    spec: { ...spec, signerName: "example.com/y" },
    status: { conditions },
  };
  const approved = await put(`${at}/csr/approval`, changed);
  expect(approved.status).toBe(200);
  expect(approved.body.spec.signerName).toBe("example.com/x");
  expect(approved.body.status.conditions[0].type).toBe("Approved");
});

test("ephemeral containers are added, never changed", async () => {
  await pod("debugged", { nodeName: "n1" });
  const at = `${base}/pods/debugged/ephemeralcontainers`;
  const debug = (image: string) => ({ spec: { ephemeralContainers: [{ name: "d", image }] } });
  const headers = { "content-type": "application/strategic-merge-patch+json" };
  const added = await ask(harness, "PATCH", at, debug("x"), headers);
  expect([added.status, added.body.spec.ephemeralContainers[0].image]).toEqual([200, "x"]);
  expect((await ask(harness, "PATCH", at, debug("y"), headers)).status).toBe(422);
});

describe("log", () => {
  test("needs a container's name where there are several", async () => {
    await pod("two", {
      containers: [
        { name: "a", image: "i" },
        { name: "b", image: "i" },
      ],
    });
    const { status, body } = await get(`${base}/pods/two/log`);
    expect([status, body.message]).toEqual([
      400,
      "a container name must be specified for pod two, choose one of: [a b]",
    ]);
    expect((await get(`${base}/pods/two/log?container=z`)).body.message).toBe(
      "container z is not valid for pod two",
    );
  });
  test("of a pod without a node is empty", async () => {
    expect(await get(`${base}/pods/two/log?container=a`)).toMatchObject({ status: 204, body: "" });
  });
});
