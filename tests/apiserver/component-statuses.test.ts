/** ComponentStatus: asked for anew each time, in upstream's names. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { ask, type Harness, openHarness } from "./harness.ts";

const path = "/api/v1/componentstatuses";
let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

const get = (rest = "") => ask(harness, "GET", `${path}${rest}`);
const healthOf = async (name: string) => (await get(`/${name}`)).body.conditions[0];

test("the store is healthy, and a list holds all three", async () => {
  const { body } = await get("/etcd-0");
  expect(body).toEqual({
    kind: "ComponentStatus",
    apiVersion: "v1",
    metadata: { name: "etcd-0" },
    conditions: [{ type: "Healthy", status: "True", message: "ok" }],
  });
  const names = ({ items }: { items: { metadata: { name: string } }[] }) =>
    items.map(({ metadata }) => metadata.name).sort();
  const all = (await get("?limit=1")).body;
  expect(names(all)).toEqual(["controller-manager", "etcd-0", "scheduler"]);
  expect(all.metadata).toEqual({});
  expect(names((await get("?fieldSelector=metadata.name%3Detcd-0")).body)).toEqual(["etcd-0"]);
  expect(names((await get("?labelSelector=a%3Db")).body)).toEqual([]);
});

test("a component that holds its Lease is healthy; one that does not is asked at its port", async () => {
  const leases = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
  const lease = (renewTime: string) => ({
    metadata: { name: "kube-scheduler" },
    spec: { holderIdentity: "me", leaseDurationSeconds: 15, renewTime },
  });
  const { body } = await ask(harness, "POST", leases, lease("2020-01-01T00:00:00.000000Z"));
  const silent = await healthOf("scheduler");
  expect(silent.status).toBe("False");
  expect(silent.message).toStartWith('Get "https://127.0.0.1:10259/healthz": ');
  body.spec.renewTime = "2100-01-01T00:00:00.000000Z";
  await ask(harness, "PUT", `${leases}/kube-scheduler`, body);
  expect(await healthOf("scheduler")).toEqual({ type: "Healthy", status: "True", message: "ok" });
});

test("what is not there, and what cannot be done", async () => {
  expect((await get("/nope")).body.message).toBe('componentstatus "nope" not found');
  expect((await get("/toString")).status).toBe(404);
  const watched = await get("?watch=1");
  expect([watched.status, watched.body.message]).toEqual([
    405,
    'watch is not supported on resources of kind "componentstatuses"',
  ]);
  expect((await ask(harness, "DELETE", `${path}/etcd-0`)).status).toBe(405);
});
