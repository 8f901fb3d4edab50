/** Claims and volumes find each other, and what uses them follows. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import {
  events,
  nodes,
  type PersistentVolumeClaim,
  persistentvolumeclaims,
  persistentvolumes,
  pods,
} from "#gen/api/core/v1.ts";
import { storageclasses, volumeattachments } from "#gen/api/storage/v1.ts";
import { eventually, openPlane, type Plane } from "./plane.ts";

let plane: Plane;
beforeAll(async () => {
  plane = await openPlane();
});
afterAll(() => plane.close());

const claimNow = (name: string) => plane.client.get(persistentvolumeclaims, "default", name);
const volumeNow = (name: string) => plane.client.get(persistentvolumes, "", name);

const makeVolume = (name: string, size: string, spec: object = {}) =>
  plane.client.create(persistentvolumes, "", {
    metadata: { name },
    spec: {
      capacity: { storage: size },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "manual",
      csi: { driver: "csi.example.test", volumeHandle: name },
      ...spec,
    },
  });

const makeClaim = (name: string, size: string, spec: Partial<PersistentVolumeClaim["spec"]> = {}) =>
  plane.client.create(persistentvolumeclaims, "default", {
    metadata: { name },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: size } },
      storageClassName: "manual",
      ...spec,
    },
  });

const bound = (name: string) =>
  eventually(
    `${name} bound`,
    () => claimNow(name),
    ({ status }) => status.phase === "Bound",
  );

const volumePhase = (name: string, phase: string) =>
  eventually(
    `${name} ${phase}`,
    () => volumeNow(name),
    ({ status }) => status.phase === phase,
  );

async function told(reason: string, name: string): Promise<string> {
  const seen = await eventually(
    `${reason} of ${name}`,
    async () => (await plane.client.list(events)).items,
    (items) => items.some((it) => it.reason === reason && it.involvedObject.name === name),
  );
  const found = seen.find((it) => it.reason === reason && it.involvedObject.name === name);
  return `${found?.source?.component}: ${found?.message}`;
}

test("many claims at once get a volume each, no volume twice", async () => {
  const names = Array.from({ length: 8 }, (_, index) => `many-${index}`);
  await Promise.all(names.map((name) => makeClaim(name, "1Gi")));
  await Promise.all(names.map((name) => makeVolume(name, "2Gi")));
  const claims = await Promise.all(names.map(bound));
  expect(new Set(claims.map(({ spec }) => spec.volumeName)).size).toBe(names.length);
  expect(claims[0]?.status.capacity).toEqual({ storage: "2Gi" });
  const volumes = await Promise.all(names.map((name) => volumePhase(name, "Bound")));
  const uids = new Set(claims.map(({ metadata }) => metadata.uid));
  expect(new Set(volumes.map(({ spec }) => spec.claimRef?.uid))).toEqual(uids);
});

test("a claim that goes releases its volume; a volume that goes loses its claim", async () => {
  await makeVolume("kept", "50Gi");
  await makeClaim("goes", "40Gi");
  await bound("goes");
  await plane.client.delete(persistentvolumeclaims, "default", "goes");
  await volumePhase("kept", "Released");
  await makeVolume("lost", "90Gi");
  await makeClaim("loses", "80Gi");
  await bound("loses");
  await plane.client.patch(
    persistentvolumes,
    { namespace: "", name: "lost" },
    "application/merge-patch+json",
    { metadata: { finalizers: null } },
  );
  await plane.client.delete(persistentvolumes, "", "lost");
  // The protection holds a bound volume: without its finalizer it goes.
  await plane.client
    .patch(persistentvolumes, { namespace: "", name: "lost" }, "application/merge-patch+json", {
      metadata: { finalizers: null },
    })
    .catch((error: unknown) => expect(String(error)).toContain("not found"));
  await eventually(
    "a lost claim",
    () => claimNow("loses"),
    ({ status }) => status.phase === "Lost",
  );
  expect(await told("ClaimLost", "loses")).toStartWith("persistentvolume-controller: Bound claim");
});

test("a class by default, even for claims that were there before; its provisioner is named", async () => {
  await plane.client.create(persistentvolumeclaims, "default", {
    metadata: { name: "early" },
    spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
  });
  expect(await told("FailedBinding", "early")).toContain("no storage class is set");
  const isDefault = { "storageclass.kubernetes.io/is-default-class": "true" };
  await plane.client.create(storageclasses, "", {
    metadata: { name: "standard", annotations: isDefault },
    provisioner: "csi.example.test",
  });
  const { spec } = await eventually(
    "the provisioner's name",
    () => claimNow("early"),
    ({ metadata }) =>
      metadata.annotations?.["volume.kubernetes.io/storage-provisioner"] === "csi.example.test",
  );
  expect(spec.storageClassName).toBe("standard");
  // As the provisioner answers.
  await makeVolume("made", "1Gi", {
    storageClassName: "standard",
    claimRef: { namespace: "default", name: "early" },
  });
  expect((await bound("early")).spec.volumeName).toBe("made");
});

test("with a class that waits nothing is bound before the scheduler has chosen", async () => {
  await plane.client.create(storageclasses, "", {
    metadata: { name: "late" },
    provisioner: "kubernetes.io/no-provisioner",
    volumeBindingMode: "WaitForFirstConsumer",
  });
  await makeVolume("late", "1Gi", { storageClassName: "late" });
  const claim = await makeClaim("late", "1Gi", { storageClassName: "late" });
  expect(await told("WaitForFirstConsumer", "late")).toContain("waiting for first consumer");
  const volume = await volumePhase("late", "Available");
  const { name, namespace, uid } = claim.metadata;
  const kind = "PersistentVolumeClaim";
  const claimRef = { apiVersion: "v1", kind, name, namespace, uid };
  await plane.client.update(persistentvolumes, { ...volume, spec: { ...volume.spec, claimRef } });
  expect((await bound("late")).spec.volumeName).toBe("late");
});

test("an ephemeral volume of a pod gets its claim, its volume and its attachment, which all go with it", async () => {
  const annotations = { "volumes.kubernetes.io/controller-managed-attach-detach": "true" };
  await plane.client.create(nodes, "", { metadata: { name: "n", annotations }, spec: {} });
  const accessModes = ["ReadWriteOnce" as const];
  const template = {
    accessModes,
    resources: { requests: { storage: "1Gi" } },
    storageClassName: "e",
  };
  await makeVolume("e", "1Gi", { storageClassName: "e" });
  const pod = await plane.client.create(pods, "default", {
    metadata: { name: "user" },
    spec: {
      nodeName: "n",
      terminationGracePeriodSeconds: 0,
      containers: [{ name: "c", image: "i" }],
      volumes: [{ name: "scratch", ephemeral: { volumeClaimTemplate: { spec: template } } }],
    },
  });
  const claim = await eventually(
    "its claim",
    async () => (await plane.client.list(persistentvolumeclaims)).items,
    (items) => items.some(({ metadata }) => metadata.name === "user-scratch"),
  );
  const owner = claim.find(({ metadata }) => metadata.name === "user-scratch")?.metadata;
  expect(owner?.ownerReferences?.[0]?.uid).toBe(pod.metadata.uid);
  await bound("user-scratch");
  const attachments = async () => (await plane.client.list(volumeattachments)).items;
  const [made] = await eventually("its attachment", attachments, (items) => items.length === 1);
  if (made === undefined) throw new Error("no attachment");
  expect(made.spec).toEqual({
    attacher: "csi.example.test",
    nodeName: "n",
    source: { persistentVolumeName: "e" },
  });
  // As the attacher of the driver answers.
  await plane.client.updateStatus(volumeattachments, { ...made, status: { attached: true } });
  const attached = (node: { status?: { volumesAttached?: { name: string }[] | undefined } }) =>
    node.status?.volumesAttached?.map(({ name }) => name).join() ?? "";
  const nodeNow = () => plane.client.get(nodes, "", "n");
  await eventually("the node's report", nodeNow, (node) =>
    attached(node).endsWith("csi.example.test^e"),
  );
  expect(await told("SuccessfulAttachVolume", "user")).toBe(
    'attachdetach-controller: AttachVolume.Attach succeeded for volume "e" ',
  );
  await plane.client.delete(pods, "default", "user", { gracePeriodSeconds: 0 });
  await eventually("no attachment", attachments, (items) => items.length === 0);
  expect(attached(await nodeNow())).toBe("");
  await volumePhase("e", "Released");
});

test("nobody complained", () => expect(plane.complaints).toEqual([]));
