/** Pods with claims, beside a whole API server in memory; the test plays the volume controller. */
import { expect, test } from "bun:test";
import { type PodSpec, persistentvolumeclaims, persistentvolumes } from "#gen/api/core/v1.ts";
import { storageclasses } from "#gen/api/storage/v1.ts";
import { eventually, type Plane } from "#tests/controllers/plane.ts";
import {
  addNode,
  addPod,
  bound,
  closersOfEach,
  nodeOf,
  openCluster,
  scheduledCondition,
  startScheduler,
} from "./plane.ts";

const closers = closersOfEach();

async function start(): Promise<Plane> {
  const plane = await openCluster(closers);
  await addNode(plane, "a", { "topology.kubernetes.io/zone": "1" });
  await addNode(plane, "b", { "topology.kubernetes.io/zone": "2" });
  for (const [name, volumeBindingMode] of [
    ["late", "WaitForFirstConsumer"],
    ["now", "Immediate"],
  ] as const) {
    const provisioner = "example.com/disk";
    await plane.client.create(storageclasses, "", {
      metadata: { name },
      provisioner,
      volumeBindingMode,
      allowedTopologies: [
        { matchLabelExpressions: [{ key: "topology.kubernetes.io/zone", values: ["2"] }] },
      ],
    });
  }
  startScheduler(plane, closers);
  return plane;
}

function addClaim(
  plane: Plane,
  name: string,
  storageClassName: string,
  mode: "ReadWriteOnce" | "ReadWriteOncePod" = "ReadWriteOnce",
) {
  return plane.client.create(persistentvolumeclaims, "default", {
    metadata: { name, namespace: "default" },
    spec: {
      storageClassName,
      accessModes: [mode],
      resources: { requests: { storage: "1Gi" } },
    },
  });
}

/** A volume in a zone that the claim is bound to, as its controller would leave them. */
async function bindClaim(plane: Plane, claim: string, zone: string): Promise<void> {
  const volume = `volume-${claim}`;
  const key = "topology.kubernetes.io/zone";
  const matchExpressions = [{ key, operator: "In" as const, values: [zone] }];
  await plane.client.create(persistentvolumes, "", {
    metadata: { name: volume },
    spec: {
      capacity: { storage: "1Gi" },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      csi: { driver: "example.com", volumeHandle: volume },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
      claimRef: { kind: "PersistentVolumeClaim", namespace: "default", name: claim },
    },
  });
  const type = "application/merge-patch+json";
  await plane.client.patch(persistentvolumeclaims, { namespace: "default", name: claim }, type, {
    metadata: { annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
    spec: { volumeName: volume },
  });
}

const using = (claimName: string): Partial<PodSpec> => ({
  volumes: [{ name: "data", persistentVolumeClaim: { claimName } }],
});

test("a pod goes where its bound volume can be reached", async () => {
  const plane = await start();
  await addClaim(plane, "data", "now");
  await bindClaim(plane, "data", "2");
  for (const name of ["p", "q", "r"]) {
    await addPod(plane, name, using("data"));
    expect(await bound(plane, name)).toBe("b");
  }
}, 30_000);

test("a claim that is missing, then unbound, holds its pod back and says so", async () => {
  const plane = await start();
  await addPod(plane, "p", using("data"));
  expect((await scheduledCondition(plane, "p"))?.message).toBe(
    '0/2 nodes are available: persistentvolumeclaim "data" not found. not found',
  );
  await addClaim(plane, "data", "now");
  await eventually(
    "the new reason",
    () => scheduledCondition(plane, "p"),
    (condition) =>
      condition?.message?.includes("pod has unbound immediate PersistentVolumeClaims") ?? false,
  );
  await bindClaim(plane, "data", "1");
  expect(await bound(plane, "p")).toBe("a");
}, 30_000);

test("an ephemeral volume waits for its claim, and does not take one that somebody else made", async () => {
  const plane = await start();
  const said = (words: string) =>
    eventually(
      words,
      () => scheduledCondition(plane, "p"),
      (condition) => condition?.message?.includes(words) ?? false,
    );
  const accessModes = ["ReadWriteOnce" as const];
  const template = { spec: { accessModes, resources: { requests: { storage: "1Gi" } } } };
  const volumes = [{ name: "data", ephemeral: { volumeClaimTemplate: template } }];
  await addPod(plane, "p", { volumes });
  await said("waiting for ephemeral volume controller to create the persistentvolumeclaim");
  await addClaim(plane, "p-data", "late");
  await said("PVC default/p-data was not created for pod default/p (pod is not owner)");
}, 30_000);

test("a claim that waits is told the node, and the pod is bound once it has its volume", async () => {
  const plane = await start();
  await addClaim(plane, "data", "late");
  await addPod(plane, "p", using("data"));
  const claim = await eventually(
    "the node is chosen",
    () => plane.client.get(persistentvolumeclaims, "default", "data"),
    ({ metadata }) => metadata.annotations?.["volume.kubernetes.io/selected-node"] !== undefined,
  );
  expect(claim.metadata.annotations?.["volume.kubernetes.io/selected-node"]).toBe("b");
  expect(await nodeOf(plane, "p")).toBe("");
  await bindClaim(plane, "data", "2");
  expect(await bound(plane, "p")).toBe("b");
}, 30_000);

test("a claim for one pod alone keeps the second one waiting", async () => {
  const plane = await start();
  await addClaim(plane, "data", "now", "ReadWriteOncePod");
  await bindClaim(plane, "data", "1");
  await addPod(plane, "first", using("data"));
  await bound(plane, "first");
  await addPod(plane, "second", using("data"));
  expect((await scheduledCondition(plane, "second"))?.message).toContain(
    "2 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod",
  );
}, 30_000);
