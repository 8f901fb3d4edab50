/**
 * Autoscalers with real metrics APIs. Ours are custom resources of the groups of metrics: for whoever reads them
 * there is no difference to a metrics server.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { customresourcedefinitions } from "#gen/api/apiextensions/v1.ts";
import { deployments } from "#gen/api/apps/v1.ts";
import { horizontalpodautoscalers, type MetricSpec } from "#gen/api/autoscaling/v2.ts";
import { events, pods } from "#gen/api/core/v1.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { eventually, openPlane, type Plane } from "./plane.ts";

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(() => plane.close());

async function deploy(name: string, replicas: number): Promise<void> {
  const labels = { app: name };
  const containers = [{ name: "c", image: "i", resources: { requests: { cpu: "100m" } } }];
  await plane.client.create(deployments, "default", {
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    },
  });
}

const autoscale = (name: string, metric: MetricSpec) =>
  plane.client.create(horizontalpodautoscalers, "default", {
    metadata: { name },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
      minReplicas: 1,
      maxReplicas: 10,
      metrics: [metric],
    },
  });

const statusOf = async (name: string) =>
  (await plane.client.get(horizontalpodautoscalers, "default", name)).status;

async function replicasOf(name: string): Promise<number> {
  return (await plane.client.get(deployments, "default", name)).spec.replicas ?? 0;
}

const conditionOf = (type: string, { conditions = [] }: Awaited<ReturnType<typeof statusOf>>) =>
  conditions.find((condition) => condition.type === type);

/** A metrics API: objects of this plural in this group. */
async function serve(group: string, plural: string, kind: string): Promise<void> {
  const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
  const version = {
    name: "v1beta1",
    served: true,
    storage: true,
    schema: { openAPIV3Schema: schema },
  };
  await plane.client.create(customresourcedefinitions, "", {
    metadata: {
      name: `${plural}.${group}`,
      annotations: { "api-approved.kubernetes.io": "unapproved, a test" },
    },
    spec: { group, names: { plural, kind }, scope: "Namespaced", versions: [version] },
  } as unknown as Parameters<typeof plane.client.create<KubeObject>>[2]);
  await eventually(
    `${plural}.${group}`,
    () => plane.client.get(customresourcedefinitions, "", `${plural}.${group}`),
    ({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === "Established" && is === "True") ??
      false,
  );
}

async function measure(group: string, plural: string, object: object): Promise<void> {
  const path = `/apis/${group}/v1beta1/namespaces/default/${plural}`;
  const headers = { "content-type": "application/json" };
  const body = JSON.stringify({ apiVersion: `${group}/v1beta1`, ...object });
  await plane.client.raw(path, { method: "POST", headers, body });
}

/** As a node's agent would say it. */
async function run(app: string, count: number): Promise<readonly string[]> {
  const selected = { namespace: "default", labelSelector: `app=${app}` };
  const { items } = await eventually(
    `${count} pods of ${app}`,
    () => plane.client.list(pods, selected),
    (list) => list.items.length === count,
  );
  const long = "2026-01-01T00:00:00Z";
  for (const pod of items) {
    const conditions = [{ type: "Ready", status: "True", lastTransitionTime: long }];
    const status = { ...pod.status, phase: "Running" as const, startTime: long, conditions };
    await plane.client.updateStatus(pods, { ...pod, status });
  }
  return items.map(({ metadata }) => metadata.name);
}

const cpu: MetricSpec = {
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 50 } },
};

test("without a metrics API the conditions and events say so, and nothing is scaled", async () => {
  await deploy("blind", 2);
  await autoscale("blind", cpu);
  const status = await eventually(
    "its conditions",
    () => statusOf("blind"),
    (seen) => conditionOf("ScalingActive", seen) !== undefined,
  );
  expect(conditionOf("AbleToScale", status)?.reason).toBe("SucceededGetScale");
  const active = conditionOf("ScalingActive", status);
  expect([active?.status, active?.reason]).toEqual(["False", "FailedGetResourceMetric"]);
  expect(active?.message).toEndWith(
    "unable to fetch metrics from resource metrics API: the server could not find the requested resource (get pods.metrics.k8s.io)",
  );
  expect([status.currentReplicas, await replicasOf("blind")]).toEqual([2, 2]);
  const told = await eventually(
    "its events",
    async () => (await plane.client.list(events, { namespace: "default" })).items,
    (items) => items.some(({ reason }) => reason === "FailedComputeMetricsReplicas"),
  );
  const first = told.find(({ reason }) => reason === "FailedGetResourceMetric");
  expect(first?.source?.component ?? first?.reportingComponent).toBe("horizontal-pod-autoscaler");
});

test("a target that is not there, and one that nobody knows", async () => {
  const target = { type: "AverageValue", averageValue: "1" };
  const spec: MetricSpec = { type: "External", external: { metric: { name: "q" }, target } };
  await autoscale("nobody", spec);
  const status = await eventually(
    "its condition",
    () => statusOf("nobody"),
    (seen) => conditionOf("AbleToScale", seen) !== undefined,
  );
  expect(conditionOf("AbleToScale", status)?.message).toBe(
    `the HPA controller was unable to get the target's current scale: deployments.apps "nobody" not found`,
  );
});

test("by the processor time of pods", async () => {
  await serve("metrics.k8s.io", "pods", "PodMetrics");
  await deploy("busy", 2);
  for (const name of await run("busy", 2)) {
    await measure("metrics.k8s.io", "pods", {
      kind: "PodMetrics",
      metadata: { name, labels: { app: "busy" } },
      timestamp: new Date().toISOString(),
      window: "30s",
      containers: [{ name: "c", usage: { cpu: "98123456n", memory: "1Mi" } }],
    });
  }
  await autoscale("busy", cpu);
  expect(
    await eventually(
      "4 replicas",
      () => replicasOf("busy"),
      (seen) => seen === 4,
    ),
  ).toBe(4);
  const status = await eventually(
    "its status",
    () => statusOf("busy"),
    (seen) => seen.desiredReplicas === 4,
  );
  expect(conditionOf("AbleToScale", status)?.reason).toBe("SucceededRescale");
  expect(status.lastScaleTime).toBeDefined();
  expect(status.currentMetrics?.[0]?.resource?.current).toEqual({
    averageUtilization: 99,
    averageValue: "99m",
  });
});

test("by a value from outside, a new spec being looked at without delay", async () => {
  await serve("external.metrics.k8s.io", "queues", "Queue");
  await measure("external.metrics.k8s.io", "queues", {
    kind: "Queue",
    metadata: { name: "a", labels: { queue: "a" } },
    value: "90",
  });
  await deploy("worker", 1);
  await run("worker", 1);
  const metric = { name: "queues", selector: { matchLabels: { queue: "a" } } };
  const target = { type: "AverageValue", averageValue: "30" };
  const made = await autoscale("worker", { type: "External", external: { metric, target } });
  await eventually(
    "3 replicas",
    () => replicasOf("worker"),
    (seen) => seen === 3,
  );
  const name = { namespace: "default", name: made.metadata.name };
  const fewer = { spec: { maxReplicas: 2 } };
  await plane.client.patch(horizontalpodautoscalers, name, "application/merge-patch+json", fewer);
  await eventually(
    "2 replicas",
    () => replicasOf("worker"),
    (seen) => seen === 2,
  );
  expect(plane.complaints).toEqual([]);
});
