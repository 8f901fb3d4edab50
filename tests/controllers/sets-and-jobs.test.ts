/** Stateful sets, daemon sets, jobs and their like, through the API alone; the tests do what kubelets would. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { daemonsets, statefulsets } from "#gen/api/apps/v1.ts";
import { cronjobs, jobs } from "#gen/api/batch/v1.ts";
import {
  namespaces,
  nodes,
  type Pod,
  type PodSpec,
  persistentvolumeclaims,
  pods,
  replicationcontrollers,
  resourcequotas,
  serviceaccounts,
} from "#gen/api/core/v1.ts";
import { poddisruptionbudgets } from "#gen/api/policy/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { eventually, openPlane, type Plane } from "./plane.ts";

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(() => plane.close());

async function newNamespace(name: string): Promise<void> {
  await plane.client.create(namespaces, "", { metadata: { name }, spec: {} });
  await eventually(
    "the default service account",
    async () => (await plane.client.list(serviceaccounts, { namespace: name })).items,
    (items) => items.length === 1,
  );
}

const labels = { app: "x" };
const spec: PodSpec = { containers: [{ name: "c", image: "i" }] };
const template = { metadata: { labels }, spec };

const podsIn = async (namespace: string): Promise<readonly Pod[]> =>
  (await plane.client.list(pods, { namespace })).items;

const living = (all: readonly Pod[]): string[] =>
  all
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map((it) => it.metadata.name);

const podsOf = (namespace: string, count: number): Promise<readonly Pod[]> =>
  eventually(
    `${count} pods in ${namespace}`,
    () => podsIn(namespace),
    (all) => living(all).length === count,
  );

/** What a kubelet would write. */
async function report(pod: Pod, phase: "Running" | "Succeeded"): Promise<void> {
  const ready = phase === "Running" ? "True" : "False";
  const conditions = [{ type: "Ready", status: ready, lastTransitionTime: "2026-01-01T00:00:00Z" }];
  const body = { status: { phase, conditions } };
  const { namespace = "", name } = pod.metadata;
  const target = { namespace, name, subresource: "status" };
  await plane.client.patch(pods, target, "application/strategic-merge-patch+json", body);
}

async function scaleDown(ref: ResourceRef, namespace: string, name: string): Promise<void> {
  const body = { spec: { replicas: 1 } };
  await plane.client.patch(ref, { namespace, name }, "application/merge-patch+json", body);
}

test("a StatefulSet makes its pods in order and ends them in the reverse", async () => {
  const namespace = "statefulsets";
  await newNamespace(namespace);
  await plane.client.create(statefulsets, namespace, {
    metadata: { name: "s" },
    spec: {
      replicas: 2,
      serviceName: "s",
      selector: { matchLabels: labels },
      template,
      volumeClaimTemplates: [
        {
          apiVersion: "v1",
          kind: "PersistentVolumeClaim",
          metadata: { name: "d" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          status: {},
        },
      ],
    },
  });
  const [first] = await podsOf(namespace, 1);
  expect(first?.metadata.name).toBe("s-0");
  if (first !== undefined) await report(first, "Running");
  const both = await podsOf(namespace, 2);
  expect(living(both)).toEqual(["s-0", "s-1"]);
  const claims = await plane.client.list(persistentvolumeclaims, { namespace });
  expect(claims.items.map(({ metadata }) => metadata.name)).toEqual(["d-s-0", "d-s-1"]);
  for (const pod of both) await report(pod, "Running");
  const settled = await eventually(
    "a settled set",
    () => plane.client.get(statefulsets, namespace, "s"),
    ({ status }) => status.readyReplicas === 2,
  );
  expect(settled.status.currentRevision).toBe(settled.status.updateRevision ?? "none");
  await scaleDown(statefulsets, namespace, "s");
  expect(living(await podsOf(namespace, 1))).toEqual(["s-0"]);
});

test("a DaemonSet follows the nodes", async () => {
  const namespace = "daemonsets";
  await newNamespace(namespace);
  await plane.client.create(nodes, "", { metadata: { name: "n1" }, spec: {} });
  await plane.client.create(daemonsets, namespace, {
    metadata: { name: "d" },
    spec: { selector: { matchLabels: labels }, template },
  });
  await podsOf(namespace, 1);
  await plane.client.create(nodes, "", { metadata: { name: "n2" }, spec: {} });
  await podsOf(namespace, 2);
  const { status } = await eventually(
    "its status",
    () => plane.client.get(daemonsets, namespace, "d"),
    (it) => it.status.currentNumberScheduled === 2,
  );
  expect([status.desiredNumberScheduled, status.updatedNumberScheduled]).toEqual([2, 2]);
  await plane.client.delete(nodes, "", "n2");
  await podsOf(namespace, 1);
});

test("a Job counts each success once and lets its pods go", async () => {
  const namespace = "jobs";
  await newNamespace(namespace);
  await plane.client.create(jobs, namespace, {
    metadata: { name: "j" },
    spec: {
      completions: 2,
      parallelism: 1,
      template: { spec: { ...spec, restartPolicy: "Never" } },
    },
  });
  for (const count of [1, 2]) {
    const all = await podsOf(namespace, count);
    const next = all.find(({ status }) => status.phase !== "Succeeded");
    if (next !== undefined) await report(next, "Succeeded");
  }
  const done = await eventually(
    "the end of the Job",
    () => plane.client.get(jobs, namespace, "j"),
    ({ status }) => status.completionTime !== undefined,
  );
  expect([done.status.succeeded, done.status.failed]).toEqual([2, undefined]);
  expect(done.status.conditions?.map(({ type }) => type)).toEqual([
    "SuccessCriteriaMet",
    "Complete",
  ]);
  await eventually(
    "pods without finalizers",
    () => podsIn(namespace),
    (all) => all.every(({ metadata }) => (metadata.finalizers ?? []).length === 0),
  );
});

test("pods of a deleted Job go, counted or not", async () => {
  const namespace = "gone";
  await newNamespace(namespace);
  await plane.client.create(jobs, namespace, {
    metadata: { name: "j" },
    spec: { template: { spec: { ...spec, restartPolicy: "Never" } } },
  });
  await podsOf(namespace, 1);
  await plane.client.delete(jobs, namespace, "j", { propagationPolicy: "Background" });
  await eventually(
    "no pods",
    () => podsIn(namespace),
    (all) => all.length === 0,
  );
});

test("a CronJob of the past minute makes its Job", async () => {
  const namespace = "cronjobs";
  await newNamespace(namespace);
  const made = await plane.client.create(cronjobs, namespace, {
    metadata: { name: "c" },
    spec: {
      schedule: "* * * * *",
      suspend: true,
      jobTemplate: { spec: { template: { spec: { ...spec, restartPolicy: "Never" } } } },
    },
  });
  const hourAgo = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+/, "");
  await plane.client.updateStatus(cronjobs, { ...made, status: { lastScheduleTime: hourAgo } });
  const target = { namespace, name: "c" };
  const body = { spec: { suspend: false } };
  await plane.client.patch(cronjobs, target, "application/merge-patch+json", body);
  const { status } = await eventually(
    "an active Job",
    () => plane.client.get(cronjobs, namespace, "c"),
    (it) => (it.status.active ?? []).length === 1,
  );
  expect(status.active?.[0]?.name).toStartWith("c-");
});

test("a ReplicationController keeps its pods, and a budget says how many may go", async () => {
  const namespace = "replicationcontrollers";
  await newNamespace(namespace);
  await plane.client.create(replicationcontrollers, namespace, {
    metadata: { name: "r" },
    spec: { replicas: 3, selector: labels, template },
  });
  await plane.client.create(poddisruptionbudgets, namespace, {
    metadata: { name: "b" },
    spec: { maxUnavailable: 1, selector: { matchLabels: labels } },
  });
  for (const pod of await podsOf(namespace, 3)) await report(pod, "Running");
  const { status } = await eventually(
    "the budget's status",
    () => plane.client.get(poddisruptionbudgets, namespace, "b"),
    (it) => it.status.disruptionsAllowed === 1,
  );
  expect([status.expectedPods, status.currentHealthy, status.desiredHealthy]).toEqual([3, 3, 2]);
  await scaleDown(replicationcontrollers, namespace, "r");
  await podsOf(namespace, 1);
});

test("a quota's status tells what is used", async () => {
  const namespace = "quotas";
  await newNamespace(namespace);
  await plane.client.create(resourcequotas, namespace, {
    metadata: { name: "q" },
    spec: { hard: { pods: "2", services: "1" } },
  });
  const used = (pods: string) =>
    eventually(
      `${pods} pods used`,
      () => plane.client.get(resourcequotas, namespace, "q"),
      ({ status }) => status.used?.["pods"] === pods,
    );
  expect((await used("0")).status.hard).toEqual({ pods: "2", services: "1" });
  await plane.client.create(pods, namespace, { metadata: { name: "p" }, spec });
  await plane.client.delete(pods, namespace, "p", { gracePeriodSeconds: 0 });
  await used("0");
});
