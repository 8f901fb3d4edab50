/** Random storage as traces open with it: classes, volumes to be had and to be made, what nodes may attach. */
import type { Node, PersistentVolume, PersistentVolumeClaim } from "#gen/api/core/v1.ts";
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass } from "#gen/api/storage/v1.ts";
import type { Random } from "../random.ts";

const zoneLabel = "topology.kubernetes.io/zone";
const spaces = ["red", "green", "blue"] as const;
const drivers = ["disk.example.com", "file.example.com", "pd.csi.storage.gke.io"] as const;

function classOf(
  name: string,
  provisioner: string,
  more: Partial<StorageClass> = {},
): StorageClass {
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    metadata: { name },
    provisioner,
    volumeBindingMode: "WaitForFirstConsumer",
    ...more,
  };
}

/** "local" has volumes only, "made" tells how much space there is, "late" is made in some zones. */
export function randomClasses(r: Random): StorageClass[] {
  const zone = r.below(4);
  const values = [`z${zone}`, `z${(zone + 1) % 4}`];
  const allowedTopologies = [{ matchLabelExpressions: [{ key: zoneLabel, values }] }];
  return [
    classOf("local", "kubernetes.io/no-provisioner"),
    classOf("made", "made.example.com"),
    classOf("late", "late.example.com", { allowedTopologies }),
  ];
}

/** One tells how much space there is, another keeps pods from nodes without it now and then. */
export function randomDrivers(r: Random): CSIDriver[] {
  const about = { apiVersion: "storage.k8s.io/v1", kind: "CSIDriver" } as const;
  const preventPodSchedulingIfMissing = r.chance(0.3);
  return [
    { ...about, metadata: { name: "made.example.com" }, spec: { storageCapacity: true } },
    { ...about, metadata: { name: "file.example.com" }, spec: { preventPodSchedulingIfMissing } },
  ];
}

/** One a zone: which of several is looked at first is chance upstream. */
export function randomCapacities(r: Random): CSIStorageCapacity[] {
  return [0, 1, 2, 3].map((zone) => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "CSIStorageCapacity",
    metadata: { name: `capacity${zone}`, namespace: "red" },
    storageClassName: "made",
    nodeTopology: { matchLabels: { [zoneLabel]: `z${zone}` } },
    capacity: `${1 + r.below(20)}Gi`,
    maximumVolumeSize: r.maybe(0.2, () => "2Gi"),
  }));
}

/** Volumes of single nodes, free. */
export function freeVolumes(r: Random, nodes: readonly Node[]): PersistentVolume[] {
  return r.some(nodes, 0.6).map(({ metadata: { name, labels } }, index) => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: `local${index}` },
    spec: {
      capacity: { storage: `${1 + r.below(9)}Gi` },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "local",
      local: { path: "/disk" },
      nodeAffinity: {
        required: {
          nodeSelectorTerms: [
            {
              matchExpressions: [
                {
                  key: "kubernetes.io/hostname",
                  operator: "In" as const,
                  values: [labels?.["kubernetes.io/hostname"] ?? name],
                },
              ],
            },
          ],
        },
      },
    },
    status: { phase: "Available" },
  }));
}

export function waitingClaims(r: Random): PersistentVolumeClaim[] {
  return ["local", "local", "made", "made", "late"].map((storageClassName, index) => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: `wait${index}`, namespace: r.pick(spaces) },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: `${1 + r.below(6)}Gi` } },
      storageClassName,
    },
    status: { phase: "Pending" },
  }));
}

/** Some nodes take few volumes of a driver. */
export function randomCsiNodes(r: Random, nodes: readonly Node[]): CSINode[] {
  return r.some(nodes, 0.6).map(({ metadata: { name } }) => ({
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: { name },
    spec: {
      drivers: r.some(drivers, 0.8).map((driver) => ({
        name: driver,
        nodeID: name,
        allocatable: r.maybe(0.8, () => ({ count: r.below(3) })),
      })),
    },
    status: {},
  }));
}

/** A volume bound to a claim of one namespace, in a zone or on no node in particular. */
export function boundVolume(r: Random, index: number): [PersistentVolume, PersistentVolumeClaim] {
  const zone = `z${r.below(4)}`;
  const namespace = r.pick(spaces);
  const name = `claim${index}`;
  const modes = [r.pick(["ReadWriteOnce", "ReadWriteMany", "ReadWriteOncePod"] as const)];
  const capacity = { storage: "1Gi" };
  const matchExpressions = [{ key: zoneLabel, operator: "In" as const, values: [zone, "z0"] }];
  const volume: PersistentVolume = {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: {
      name: `volume${index}`,
      labels: r.maybe(0.4, () => ({ [zoneLabel]: r.chance(0.3) ? `${zone}__z1` : zone })),
    },
    spec: {
      capacity,
      accessModes: modes,
      persistentVolumeReclaimPolicy: "Retain",
      storageClassName: "now",
      ...(r.chance(0.3)
        ? { gcePersistentDisk: { pdName: r.chance(0.3) ? "d1" : `d${index}` } }
        : { csi: { driver: r.pick(drivers), volumeHandle: `h${r.chance(0.2) ? 0 : index}` } }),
      nodeAffinity: r.maybe(0.4, () => ({
        required: { nodeSelectorTerms: [{ matchExpressions }] },
      })),
      claimRef: { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name },
    },
    status: { phase: "Bound" },
  };
  const claim: PersistentVolumeClaim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name, namespace, annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
    spec: {
      accessModes: modes,
      resources: { requests: capacity },
      storageClassName: "now",
      volumeName: volume.metadata.name,
    },
    status: { phase: "Bound", accessModes: modes, capacity },
  };
  return [volume, claim];
}
