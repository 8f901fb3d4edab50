/** From a Deployment to pods and back to nothing, through the API alone. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { isReason } from "#apimachinery/status.ts";
import { type Deployment, deployments, replicasets } from "#gen/api/apps/v1.ts";
import {
  configmaps,
  endpoints,
  events,
  namespaces,
  type Pod,
  pods,
  secrets,
  serviceaccounts,
  services,
} from "#gen/api/core/v1.ts";
import { endpointslices } from "#gen/api/discovery/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";
import type { ResourceRef } from "#gen/api/resource-ref.ts";
import { eventually, openPlane, type Plane } from "./plane.ts";

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(() => plane.close());

function web(name: string, image = "web:1", replicas = 3): Draft<Deployment> {
  const labels = { app: name };
  return {
    metadata: { name, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [{ name: "web", image, ports: [{ containerPort: 80, name: "http" }] }],
        },
      },
    },
  };
}

const podsOf = async (namespace: string, app: string): Promise<readonly Pod[]> => {
  const { items } = await plane.client.list(pods, { namespace, labelSelector: `app=${app}` });
  return items;
};

let addresses = 0;

/** What a kubelet would do. */
async function makeReady(pod: Pod): Promise<void> {
  addresses++;
  const podIP = `10.244.0.${addresses}`;
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const conditions = [{ type: "Ready", status: "True", lastTransitionTime: now }];
  const status = {
    ...pod.status,
    phase: "Running" as const,
    podIP,
    podIPs: [{ ip: podIP }],
    conditions,
  };
  await plane.client.updateStatus(pods, { ...pod, status });
}

async function rollOut(namespace: string, name: string): Promise<Deployment> {
  return eventually(
    `rollout of ${name}`,
    async () => {
      for (const pod of await podsOf(namespace, name)) {
        if (pod.status.podIP === undefined) await makeReady(pod).catch(() => {});
      }
      return plane.client.get(deployments, namespace, name);
    },
    ({ status, spec, metadata }) =>
      status.observedGeneration === metadata.generation &&
      status.updatedReplicas === spec.replicas &&
      status.availableReplicas === spec.replicas &&
      status.replicas === spec.replicas,
  );
}

async function newNamespace(name: string): Promise<void> {
  await plane.client.create(namespaces, "", { metadata: { name }, spec: {} });
  await eventually(
    "the default service account",
    async () => (await plane.client.list(serviceaccounts, { namespace: name })).items,
    (items) => items.length === 1,
  );
}

test("a Deployment becomes pods, rolls over to another template and keeps its history", async () => {
  await newNamespace("roll");
  await plane.client.create(deployments, "roll", web("web"));
  const first = await rollOut("roll", "web");
  expect(first.metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("1");
  expect(first.status.conditions?.map(({ type, status }) => `${type}=${status}`).sort()).toEqual([
    "Available=True",
    "Progressing=True",
  ]);
  const type = "application/strategic-merge-patch+json";
  const containers = [{ name: "web", image: "web:2" }];
  const body = { spec: { template: { spec: { containers } } } };
  await plane.client.patch(deployments, { namespace: "roll", name: "web" }, type, body);
  const second = await rollOut("roll", "web");
  expect(second.metadata.annotations?.["deployment.kubernetes.io/revision"]).toBe("2");
  const alive = (await podsOf("roll", "web")).filter(
    (pod) => pod.metadata.deletionTimestamp === undefined,
  );
  expect(alive.map(({ spec }) => spec.containers[0]?.image)).toEqual(["web:2", "web:2", "web:2"]);
  const sets = (await plane.client.list(replicasets, { namespace: "roll" })).items;
  expect(sets.map(({ spec }) => spec.replicas).sort()).toEqual([0, 3]);
  const told = await eventually(
    "events",
    async () => (await plane.client.list(events, { namespace: "roll" })).items,
    (items) => items.some(({ reason }) => reason === "SuccessfulDelete"),
  );
  expect(told.map(({ reason }) => reason)).toContain("ScalingReplicaSet");
  expect(told.map(({ reason }) => reason)).toContain("SuccessfulCreate");
});

test("a Service leads to the pods that are ready", async () => {
  await newNamespace("serve");
  await plane.client.create(deployments, "serve", web("web", "web:1", 2));
  const spec = { selector: { app: "web" }, ports: [{ port: 80, targetPort: "http" }] };
  await plane.client.create(services, "serve", { metadata: { name: "web" }, spec });
  await rollOut("serve", "web");
  const slices = await eventually(
    "two ready endpoints",
    async () => (await plane.client.list(endpointslices, { namespace: "serve" })).items,
    (items) =>
      items.flatMap((it) => it.endpoints ?? []).filter((it) => it.conditions?.ready).length === 2,
  );
  expect(slices.filter(({ endpoints: all = [] }) => all.length > 0)).toHaveLength(1);
  expect(slices[0]?.ports).toEqual([{ name: "", port: 80, protocol: "TCP" }]);
  const mirror = await eventually(
    "Endpoints",
    () => plane.client.get(endpoints, "serve", "web").catch(() => undefined),
    (it) => (it?.subsets?.[0]?.addresses?.length ?? 0) === 2,
  );
  expect(mirror?.subsets).toHaveLength(1);
});

test("deleted in the foreground, a Deployment goes after its pods", async () => {
  await newNamespace("front");
  await plane.client.create(deployments, "front", web("web"));
  await eventually(
    "pods",
    () => podsOf("front", "web"),
    (all) => all.length === 3,
  );
  await plane.client.delete(deployments, "front", "web", { propagationPolicy: "Foreground" });
  const gone = () =>
    plane.client.get(deployments, "front", "web").then(
      () => false,
      (error) => isReason(error, "NotFound"),
    );
  await eventually("the end of the deployment", gone, (it) => it);
  expect(await podsOf("front", "web")).toEqual([]);
  expect((await plane.client.list(replicasets, { namespace: "front" })).items).toEqual([]);
});

test("deleted in the background, it takes its pods along; orphaned, it leaves them", async () => {
  await newNamespace("back");
  await plane.client.create(deployments, "back", web("gone", "web:1", 2));
  await plane.client.create(deployments, "back", web("kept", "web:1", 2));
  await eventually(
    "pods",
    () => podsOf("back", "gone"),
    (all) => all.length === 2,
  );
  await eventually(
    "pods",
    () => podsOf("back", "kept"),
    (all) => all.length === 2,
  );
  await plane.client.delete(deployments, "back", "gone", { propagationPolicy: "Background" });
  await plane.client.delete(deployments, "back", "kept", { propagationPolicy: "Orphan" });
  await eventually(
    "the end of the pods",
    () => podsOf("back", "gone"),
    (all) => all.length === 0,
  );
  const [set] = await eventually(
    "the orphaned set",
    async () => (await plane.client.list(replicasets, { namespace: "back" })).items,
    (sets) => sets.length === 1 && sets[0]?.metadata.ownerReferences === undefined,
  );
  expect(set?.metadata.labels?.["app"]).toBe("kept");
  expect(await podsOf("back", "kept")).toHaveLength(2);
});

test("a namespace goes when everything in it has gone", async () => {
  await newNamespace("end");
  await plane.client.create(deployments, "end", web("web"));
  await plane.client.create(secrets, "end", { metadata: { name: "s" } });
  await plane.client.create(configmaps, "end", {
    metadata: { name: "held", finalizers: ["example.com/held"] },
  });
  await eventually(
    "pods",
    () => podsOf("end", "web"),
    (all) => all.length === 3,
  );
  await plane.client.delete(namespaces, "", "end");
  const waiting = await eventually(
    "what holds it up",
    () => plane.client.get(namespaces, "", "end"),
    ({ status }) =>
      status.conditions?.some(
        (it) => it.type === "NamespaceFinalizersRemaining" && it.status === "True",
      ) === true,
  );
  expect(waiting.status.phase).toBe("Terminating");
  const held = await plane.client.get(configmaps, "end", "held");
  const { finalizers: _, ...metadata } = held.metadata;
  await plane.client.update(configmaps, { ...held, metadata });
  const gone = () =>
    plane.client.get(namespaces, "", "end").then(
      () => false,
      (error) => isReason(error, "NotFound"),
    );
  await eventually("the end of the namespace", gone, (it) => it);
  const refs: readonly ResourceRef[] = [deployments, replicasets, pods, secrets, configmaps];
  for (const ref of [...refs, serviceaccounts]) {
    expect((await plane.client.list(ref, { namespace: "end" })).items).toEqual([]);
  }
});

test("nothing was refused to a controller on the way", () => {
  expect(plane.complaints.filter((it) => it.includes("forbidden"))).toEqual([]);
});
