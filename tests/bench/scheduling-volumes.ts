/** Volumes of the benched pods: one each, bound to its claim before the pod comes, as scheduler_perf makes them. */
import type { PersistentVolume, PersistentVolumeClaim, Volume } from "#gen/api/core/v1.ts";
import type { CSINode } from "#gen/api/storage/v1.ts";

const drivers = { csi: "csi.example.com", inTree: "ebs.csi.aws.com" } as const;
/** Volumes of the driver that a node takes: as scheduler_perf's nodes. */
const perNode = 39;
const storage = { storage: "1Gi" };
const accessModes: "ReadWriteOnce"[] = ["ReadWriteOnce"];
const storageClassName = "";

export type VolumeKind = keyof typeof drivers;

export interface BoundVolume {
  readonly volume: PersistentVolume;
  readonly claim: PersistentVolumeClaim;
}

/** Of the pod of this name. */
export function boundVolume(kind: VolumeKind, namespace: string, name: string): BoundVolume {
  const source =
    kind === "csi"
      ? { csi: { driver: drivers.csi, volumeHandle: name } }
      : { awsElasticBlockStore: { volumeID: `vol-${name}` } };
  const claimRef = { apiVersion: "v1", kind: "PersistentVolumeClaim", namespace, name };
  return {
    volume: {
      apiVersion: "v1",
      kind: "PersistentVolume",
      metadata: { name, annotations: { "pv.kubernetes.io/bound-by-controller": "true" } },
      spec: {
        ...source,
        accessModes,
        capacity: storage,
        claimRef,
        persistentVolumeReclaimPolicy: "Retain",
        storageClassName,
      },
      status: { phase: "Bound" },
    },
    claim: {
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace, annotations: { "pv.kubernetes.io/bind-completed": "true" } },
      spec: { accessModes, resources: { requests: storage }, storageClassName, volumeName: name },
      status: { phase: "Bound", accessModes, capacity: storage },
    },
  };
}

export function volumesOf(name: string): Volume[] {
  return [{ name: "data", persistentVolumeClaim: { claimName: name } }];
}

/** What a node may attach. */
export function benchCsiNode(kind: VolumeKind, name: string): CSINode {
  const driver = drivers[kind];
  return {
    apiVersion: "storage.k8s.io/v1",
    kind: "CSINode",
    metadata: { name },
    spec: { drivers: [{ name: driver, nodeID: name, allocatable: { count: perNode } }] },
    status: {},
  };
}
