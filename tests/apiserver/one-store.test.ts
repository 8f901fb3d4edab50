/** M14: two group-versions over one set of objects, and how long events live. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { expireEvents } from "#apiserver/event-expiry.ts";
import { ask, type Harness, openHarness } from "./harness.ts";

let harness: Harness;
beforeAll(async () => {
  harness = await openHarness();
});
afterAll(() => harness.close());

test("an event written by one name is read by the other, and lives an hour", async () => {
  const made = await ask(harness, "POST", "/api/v1/namespaces/default/events", {
    metadata: { name: "e1" },
    involvedObject: { kind: "Pod", name: "p", namespace: "default" },
    reason: "Started",
    message: "said",
    type: "Normal",
  });
  expect(made.status).toBe(201);
  const path = "/apis/events.k8s.io/v1/namespaces/default/events";
  const { body } = await ask(harness, "GET", `${path}/e1`);
  expect([body.apiVersion, body.note, body.regarding.name]).toEqual([
    "events.k8s.io/v1",
    "said",
    "p",
  ]);
  const list = await ask(harness, "GET", `${path}?fieldSelector=regarding.name%3Dp`);
  expect(list.body.items).toHaveLength(1);
  const core = "/api/v1/namespaces/default/events";
  expect((await ask(harness, "GET", `${core}?fieldSelector=reason%3DOther`)).body.items).toEqual(
    [],
  );
  const now = Date.now();
  expect(await expireEvents(harness.cache, new Date(now + 59 * 60_000))).toBe(0);
  expect(await expireEvents(harness.cache, new Date(now + 61 * 60_000))).toBe(1);
  expect((await ask(harness, "GET", `${core}/e1`)).status).toBe(404);
});

test("an autoscaler written as v1 is stored as v2 and read as either", async () => {
  const path = (version: string) =>
    `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`;
  const made = await ask(harness, "POST", path("v1"), {
    metadata: { name: "web" },
    spec: {
      scaleTargetRef: { kind: "Deployment", name: "web", apiVersion: "apps/v1" },
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 70,
    },
  });
  expect([made.status, made.body.apiVersion]).toEqual([201, "autoscaling/v1"]);
  const { body } = await ask(harness, "GET", `${path("v2")}/web`);
  expect(body.apiVersion).toBe("autoscaling/v2");
  expect(body.spec.metrics[0].resource.target.averageUtilization).toBe(70);
  const again = await ask(harness, "GET", `${path("v1")}/web`);
  expect(again.body.spec.targetCPUUtilizationPercentage).toBe(70);
});
