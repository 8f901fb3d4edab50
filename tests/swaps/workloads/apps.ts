import assert from "node:assert/strict";
import { daemonsets, deployments, replicasets, statefulsets } from "#gen/api/apps/v1.ts";
import { until } from "../until.ts";
import {
  nodeCount,
  type Place,
  patched,
  podsOf,
  type Scenario,
  template,
  withImage,
} from "./place.ts";

async function deploymentIs(place: Place, name: string, replicas: number): Promise<void> {
  await until(`${replicas} of ${name}`, `${replicas} ${replicas} ${replicas} true`, async () => {
    const { status, metadata } = await place.client.get(deployments, place.namespace, name);
    const { replicas: all = 0, updatedReplicas = 0, readyReplicas = 0 } = status ?? {};
    return `${all} ${updatedReplicas} ${readyReplicas} ${status?.observedGeneration === metadata.generation}`;
  });
}

export const deployment: Scenario = async (place) => {
  const { client, namespace } = place;
  const spec = {
    replicas: 3,
    selector: { matchLabels: { app: "web" } },
    template: template("web", "example.test/c:1"),
  };
  await client.create(deployments, namespace, { metadata: { name: "web" }, spec });
  await deploymentIs(place, "web", 3);
  await patched(place, deployments, "web", withImage("example.test/c:2"));
  await deploymentIs(place, "web", 3);
  const images = (await podsOf(place, "web")).map(
    ({ spec: { containers } }) => containers[0]?.image,
  );
  assert.deepEqual(images, Array(3).fill("example.test/c:2"));
  for (const replicas of [5, 2]) {
    await patched(place, deployments, "web", { replicas });
    await deploymentIs(place, "web", replicas);
  }
  const sets = (await client.list(replicasets, { namespace })).items.length;
  assert.equal(sets, 2);
  await client.delete(deployments, namespace, "web", { propagationPolicy: "Background" });
  await until("its sets and pods to go", "0 0", async () => {
    const left = (await client.list(replicasets, { namespace })).items.length;
    return `${left} ${(await podsOf(place, "web")).length}`;
  });
  return "3 replicas, a rollout, 5, 2, none left";
};

export const statefulSet: Scenario = async (place) => {
  const { client, namespace } = place;
  const spec = {
    replicas: 2,
    serviceName: "db",
    selector: { matchLabels: { app: "db" } },
    template: template("db", "example.test/c:1"),
  };
  const members = async (): Promise<string> => {
    const names = (await podsOf(place, "db")).map(({ metadata: { name } }) => name).sort();
    const { status } = await client.get(statefulsets, namespace, "db");
    return `${names.join()} ready ${status?.readyReplicas ?? 0}`;
  };
  await client.create(statefulsets, namespace, { metadata: { name: "db" }, spec });
  await until("two members", "db-0,db-1 ready 2", members);
  await patched(place, statefulsets, "db", { replicas: 3 });
  await until("three members", "db-0,db-1,db-2 ready 3", members);
  await patched(place, statefulsets, "db", withImage("example.test/c:2"));
  await until("the update", "true 3", async () => {
    const { status } = await client.get(statefulsets, namespace, "db");
    const same = status?.currentRevision === status?.updateRevision;
    const updated = (await podsOf(place, "db")).filter(
      ({ spec: { containers } }) => containers[0]?.image === "example.test/c:2",
    );
    return `${same} ${updated.length}`;
  });
  await patched(place, statefulsets, "db", { replicas: 1 });
  await until("the first member alone", "db-0 ready 1", members);
  return "2 members, 3, an update, 1";
};

export const daemonSet: Scenario = async (place) => {
  const { client, namespace } = place;
  const spec = {
    selector: { matchLabels: { app: "agent" } },
    updateStrategy: { type: "RollingUpdate" as const, rollingUpdate: { maxUnavailable: "100%" } },
    template: template("agent", "example.test/c:1"),
  };
  const seen = async (): Promise<string> => {
    const { status, metadata } = await client.get(daemonsets, namespace, "agent");
    // A node may become ready after the others.
    const count = await nodeCount(place);
    const { updatedNumberScheduled = 0, numberReady = 0, observedGeneration } = status ?? {};
    const isCurrent = observedGeneration === metadata.generation;
    const onAll = count > 0 && updatedNumberScheduled === count && numberReady === count;
    return isCurrent && onAll ? "on all" : `${updatedNumberScheduled} ${numberReady} of ${count}`;
  };
  await client.create(daemonsets, namespace, { metadata: { name: "agent" }, spec });
  await until("a pod a node", "on all", seen);
  await patched(place, daemonsets, "agent", withImage("example.test/c:2"));
  await until("a new pod a node", "on all", seen);
  const places = (await podsOf(place, "agent")).map(({ spec: { nodeName } }) => nodeName);
  const count = new Set(places).size;
  assert.equal(count, places.length);
  assert.equal(count, await nodeCount(place));
  return `a pod on each of ${count} nodes, an update`;
};
