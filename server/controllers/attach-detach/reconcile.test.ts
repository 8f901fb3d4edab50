import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { Node, PersistentVolume, Pod } from "#gen/api/core/v1.ts";
import type { VolumeAttachment } from "#gen/api/storage/v1.ts";
import { attachmentName } from "./csi.ts";
import { type Observed, reconcile, type WantedVolume } from "./reconcile.ts";

const now = new Date("2026-01-01T01:00:00Z");
const unique = "kubernetes.io/csi/d^h";

const volume: PersistentVolume = {
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name: "v" },
  spec: { accessModes: ["ReadWriteOnce"], csi: { driver: "d", volumeHandle: "h" } },
  status: {},
};

const pod = (name: string, namespace = "n"): Pod => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace },
  spec: { containers: [] },
  status: {},
});

function node(status: Partial<Node["status"]> = {}, ready = "True"): Node {
  const annotations = { "volumes.kubernetes.io/controller-managed-attach-detach": "true" };
  const conditions = [{ type: "Ready", status: ready }];
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "a", annotations },
    spec: {},
    status: { conditions, ...status },
  };
}

const attachment = (status: Partial<VolumeAttachment["status"]>): VolumeAttachment => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "VolumeAttachment",
  metadata: { name: attachmentName("h", "d", "a") },
  spec: { attacher: "d", nodeName: "a", source: { persistentVolumeName: "v" } },
  status: { attached: false, ...status },
});

const used = (more: Partial<WantedVolume> = {}): WantedVolume => ({
  volume,
  pods: [pod("p")],
  otherNodes: [],
  otherPods: [],
  ...more,
});

function told(observed: Partial<Observed>): string[] {
  const all: Observed = {
    nodeName: "a",
    node: node(),
    wanted: [],
    attachments: [],
    volumeOf: () => volume,
    unwantedSince: () => now,
    wasTold: () => false,
    ...observed,
  };
  return reconcile(all, now).map((it: Effect) => {
    if (it.effect === "event") return `${it.reason}: ${it.message}`;
    if (it.effect === "patch") return `patch ${JSON.stringify(it.body)}`;
    if (it.effect === "requeueAfter") return `again in ${it.seconds}`;
    return it.effect;
  });
}

const reporting = (...names: string[]): string =>
  `patch ${JSON.stringify({ status: { volumesAttached: names.map((name) => ({ name, devicePath: "" })) } })}`;

test("a volume that a pod uses is attached, reported, and told of once", () => {
  expect(told({ wanted: [used()] })).toEqual(["create"]);
  expect(told({ wanted: [used()], attachments: [attachment({})] })).toEqual([]);
  const attached = [attachment({ attached: true })];
  expect(told({ wanted: [used()], attachments: attached })).toEqual([
    'SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "v" ',
    reporting(unique),
  ]);
  const reported = node({ volumesAttached: [{ name: unique, devicePath: "" }] });
  expect(told({ wanted: [used()], attachments: attached, node: reported })).toEqual([]);
  const failing = [attachment({ attachError: { message: "no room" } })];
  expect(told({ wanted: [used()], attachments: failing })).toEqual([
    'FailedAttachVolume: AttachVolume.Attach failed for volume "v" : no room',
  ]);
});

test("a node that attaches by itself is left alone", () => {
  const alone = { ...node(), metadata: { name: "a" } };
  expect(told({ wanted: [used()], node: alone })).toEqual([]);
  expect(told({ attachments: [attachment({ attached: true })], node: alone })).toEqual([]);
});

test("what one node has alone no other gets, unless it may be shared", () => {
  const taken = { otherNodes: ["b"], otherPods: [pod("q"), pod("r", "other")] };
  expect(told({ wanted: [used(taken)] })).toEqual([
    'FailedAttachVolume: Multi-Attach error for volume "v" Volume is already used by pod(s) q and 1 pod(s) in different namespaces',
  ]);
  expect(told({ wanted: [used(taken)], wasTold: () => true })).toEqual([]);
  const shared: PersistentVolume = {
    ...volume,
    spec: { ...volume.spec, accessModes: ["ReadWriteMany"] },
  };
  expect(told({ wanted: [used({ ...taken, volume: shared })] })).toEqual(["create"]);
});

test("detaching waits for the unmount, then for the report, then happens", () => {
  const attachments = [attachment({ attached: true })];
  const volumesAttached = [{ name: unique, devicePath: "" }];
  const mounted = node({ volumesInUse: [unique], volumesAttached });
  expect(told({ attachments, node: mounted })).toEqual(["again in 360"]);
  expect(told({ attachments, node: node({ volumesAttached }) })).toEqual([reporting()]);
  expect(told({ attachments })).toEqual(["delete"]);
  expect(told({ attachments, node: undefined })).toEqual(["delete"]);
});

test("a node that is not healthy is not waited for for ever", () => {
  const attachments = [attachment({ attached: true })];
  const long = { attachments, unwantedSince: () => new Date(now.getTime() - 400_000) };
  const inUse = { volumesInUse: [unique] };
  expect(told({ ...long, node: node(inUse) })).toEqual([]);
  expect(told({ ...long, node: node(inUse, "Unknown") })).toEqual(["delete"]);
  const out = {
    ...node(inUse),
    spec: { taints: [{ key: "node.kubernetes.io/out-of-service", effect: "NoExecute" }] },
  };
  expect(told({ attachments, node: out as Node })).toEqual(["delete"]);
});
