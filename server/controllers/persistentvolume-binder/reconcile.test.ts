import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { PersistentVolume, PersistentVolumeClaim, Pod } from "#gen/api/core/v1.ts";
import type { StorageClass } from "#gen/api/storage/v1.ts";
import { bindCompleted } from "#resources/core/v1/claim-binding.ts";
import { boundByController as chosen, storageProvisioner } from "./marks.ts";
import { reconcileClaim, type Storage } from "./reconcile-claim.ts";
import { reconcileVolume } from "./reconcile-volume.ts";

type VolumeSpec = PersistentVolume["spec"];

function volume(
  name: string,
  size: string,
  spec: VolumeSpec = {},
  more: {
    phase?: NonNullable<PersistentVolume["status"]>["phase"];
    annotations?: Record<string, string>;
    labels?: Record<string, string>;
  } = {},
): PersistentVolume {
  const { phase = "Available", ...metadata } = more;
  return {
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name, ...metadata },
    spec: {
      capacity: { storage: size },
      accessModes: ["ReadWriteOnce"],
      persistentVolumeReclaimPolicy: "Retain",
      ...spec,
    },
    status: { phase },
  };
}

function claim(
  spec: PersistentVolumeClaim["spec"] = {},
  annotations: Record<string, string> = {},
  phase: PersistentVolumeClaim["status"]["phase"] = "Pending",
): PersistentVolumeClaim {
  return {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "c", namespace: "n", uid: "u", annotations },
    spec: {
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "5Gi" } },
      storageClassName: "",
      ...spec,
    },
    status: { phase },
  };
}

const storageClass = (name: string, more: Partial<StorageClass> = {}): StorageClass => ({
  apiVersion: "storage.k8s.io/v1",
  kind: "StorageClass",
  metadata: { name },
  provisioner: "csi.example.test",
  volumeBindingMode: "Immediate",
  ...more,
});

const empty: Storage = { volumes: [], named: undefined, classes: [], pods: [] };
const ref = { namespace: "n", name: "c", uid: "u" };

/** `update persistentvolumes v`, `status ...`, `event Reason`. */
const told = (effects: readonly Effect[]): string[] =>
  effects.flatMap((it) => {
    if (it.effect === "event") return [`${it.reason}: ${it.message}`];
    if (it.effect !== "update") return [];
    const what = it.subresource === "" ? "write" : it.subresource;
    return [`${what} ${it.ref.singular} ${it.object.metadata.name}`];
  });

function written<T extends PersistentVolume | PersistentVolumeClaim>(
  kind: T["kind"],
  effects: readonly Effect[],
): T {
  const write = effects.find((it) => it.effect === "update");
  if (write?.object.kind !== kind) throw new Error(`no ${kind} is written`);
  // Its kind was looked at.
  return write.object as T;
}

const volumeAfter = (effects: readonly Effect[]) =>
  written<PersistentVolume>("PersistentVolume", effects);
const claimAfter = (effects: readonly Effect[]) =>
  written<PersistentVolumeClaim>("PersistentVolumeClaim", effects);

const choiceOf = (wanted: PersistentVolumeClaim, volumes: readonly PersistentVolume[]): string =>
  told(reconcileClaim(wanted, { ...empty, volumes }))[0] ?? "";

test("the smallest that is large enough, of the fewest modes", () => {
  const volumes = [volume("large", "20Gi"), volume("small", "1Gi"), volume("fits", "8Gi")];
  expect(choiceOf(claim(), volumes)).toBe("write persistentvolume fits");
  const many = volume("many", "6Gi", { accessModes: ["ReadWriteOnce", "ReadWriteMany"] });
  expect(choiceOf(claim(), [many, ...volumes])).toBe("write persistentvolume fits");
  const wide = claim({ accessModes: ["ReadWriteMany"] });
  expect(choiceOf(wide, [many, ...volumes])).toBe("write persistentvolume many");
});

test("class, mode, labels and a claim of its own decide too", () => {
  const volumes = [
    volume("fast", "6Gi", { storageClassName: "fast" }),
    volume("raw", "7Gi", { volumeMode: "Block" }),
    volume("gold", "8Gi", {}, { labels: { tier: "gold" } }),
    volume("plain", "9Gi"),
    volume("meant", "50Gi", { claimRef: { namespace: "n", name: "c" }, storageClassName: "other" }),
    volume("taken", "5Gi", { claimRef: { ...ref, name: "d" } }),
    volume("gone", "5Gi", {}, { phase: "Released" }),
  ];
  const without = volumes.filter(({ metadata }) => metadata.name !== "meant");
  expect(choiceOf(claim({ storageClassName: "fast" }), without)).toBe(
    "write persistentvolume fast",
  );
  expect(choiceOf(claim({ volumeMode: "Block" }), without)).toBe("write persistentvolume raw");
  const gold = claim({ selector: { matchLabels: { tier: "gold" } } });
  expect(choiceOf(gold, without)).toBe("write persistentvolume gold");
  expect(choiceOf(claim(), volumes)).toBe("write persistentvolume meant");
});

test("binding goes step by step, and from wherever it was left", () => {
  let v = volume("v", "8Gi");
  let c = claim();
  const step = (): string[] => {
    const effects = reconcileClaim(c, {
      ...empty,
      volumes: [v],
      named: c.spec.volumeName ? v : undefined,
    });
    const [what = ""] = told(effects);
    if (what.endsWith(" v")) v = volumeAfter(effects);
    else if (what !== "") c = claimAfter(effects);
    return told(effects);
  };
  expect([step(), step(), step(), step(), step()]).toEqual([
    ["write persistentvolume v"],
    ["status persistentvolume v"],
    ["write persistentvolumeclaim c"],
    ["status persistentvolumeclaim c"],
    [],
  ]);
  expect(v.spec.claimRef).toMatchObject({ kind: "PersistentVolumeClaim", uid: "u" });
  expect([v.metadata.annotations, v.status.phase]).toEqual([{ [chosen]: "yes" }, "Bound"]);
  expect(c.spec.volumeName).toBe("v");
  expect(c.metadata.annotations).toEqual({ [chosen]: "yes", [bindCompleted]: "yes" });
  expect(c.status).toEqual({
    phase: "Bound",
    accessModes: ["ReadWriteOnce"],
    capacity: { storage: "8Gi" },
  });
});

test("what a user has named is not ours to mark, and not to be had when it does not fit", () => {
  const c = claim({ volumeName: "v" });
  const named = volume("v", "8Gi", { claimRef: { namespace: "n", name: "c" } });
  expect(volumeAfter(reconcileClaim(c, { ...empty, named })).metadata.annotations).toBeUndefined();
  const small = volume("v", "1Gi");
  expect(told(reconcileClaim(c, { ...empty, named: small }))).toEqual([
    'VolumeMismatch: Cannot bind to requested volume "v": requested PV is too small',
  ]);
  const others = volume("v", "8Gi", { claimRef: { ...ref, name: "d" } });
  expect(told(reconcileClaim(c, { ...empty, named: others }))).toEqual([
    'FailedBinding: volume "v" already bound to a different claim.',
  ]);
});

test("who waits is told for what", () => {
  expect(told(reconcileClaim(claim(), empty))).toEqual([
    "FailedBinding: no persistent volumes available for this claim and no storage class is set",
  ]);
  const absent = claim({ storageClassName: "x" });
  expect(told(reconcileClaim(absent, empty))).toEqual([
    'ProvisioningFailed: storageclass.storage.k8s.io "x" not found',
  ]);
  const late = storageClass("x", { volumeBindingMode: "WaitForFirstConsumer" });
  const inClass = {
    ...empty,
    classes: [late],
    volumes: [volume("v", "8Gi", { storageClassName: "x" })],
  };
  expect(told(reconcileClaim(absent, inClass))).toEqual([
    "WaitForFirstConsumer: waiting for first consumer to be created before binding",
  ]);
  const pod: Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { containers: [] },
    status: {},
  };
  expect(told(reconcileClaim(absent, { ...inClass, pods: [pod] }))).toEqual([
    "WaitForPodScheduled: waiting for pod p to be scheduled",
  ]);
});

test("an external provisioner is named, once the scheduler has chosen where it must", () => {
  const c = claim({ storageClassName: "x" });
  const effects = reconcileClaim(c, { ...empty, classes: [storageClass("x")] });
  expect(claimAfter(effects).metadata.annotations?.[storageProvisioner]).toBe("csi.example.test");
  expect(told(effects)[1]).toStartWith("ExternalProvisioning: Waiting for a volume to be created");
  const builtIn = storageClass("x", { provisioner: "kubernetes.io/no-provisioner" });
  expect(told(reconcileClaim(c, { ...empty, classes: [builtIn] }))).toEqual([
    "ProvisioningFailed: no volume plugin matched name: kubernetes.io/no-provisioner",
  ]);
});

test("a claim that names no class gets the youngest default, even later", () => {
  const { storageClassName: _, ...spec } = claim().spec;
  const c = { ...claim(), spec };
  const standard = (name: string, creationTimestamp: string): StorageClass =>
    storageClass(name, {
      metadata: {
        name,
        creationTimestamp,
        annotations: { "storageclass.kubernetes.io/is-default-class": "true" },
      },
    });
  const classes = [
    standard("old", "2026-01-01T00:00:00Z"),
    standard("new", "2026-01-02T00:00:00Z"),
  ];
  expect(claimAfter(reconcileClaim(c, { ...empty, classes })).spec.storageClassName).toBe("new");
  expect(told(reconcileClaim(claim(), { ...empty, classes }))[0]).toStartWith("FailedBinding");
});

test("what was bound once and has lost its volume is lost", () => {
  const bound = claim({ volumeName: "v" }, { [bindCompleted]: "yes" }, "Bound");
  expect(told(reconcileClaim(bound, empty))).toEqual([
    "status persistentvolumeclaim c",
    "ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!",
  ]);
  const others = volume("v", "8Gi", { claimRef: { ...ref, uid: "other" } });
  expect(told(reconcileClaim(bound, { ...empty, named: others }))[1]).toStartWith("ClaimMisbound");
});

test("a volume is available, bound, released, and then its policy's", () => {
  const phases = (v: PersistentVolume, c?: PersistentVolumeClaim): string[] =>
    told(reconcileVolume(v, c, []));
  const fresh = volume("v", "8Gi", {}, { phase: "Pending" });
  expect(volumeAfter(reconcileVolume(fresh, undefined, [])).status.phase).toBe("Available");
  const bound = volume("v", "8Gi", { claimRef: ref }, { phase: "Bound" });
  expect(phases(bound, claim({ volumeName: "v" }))).toEqual([]);
  expect(volumeAfter(reconcileVolume(bound, undefined, [])).status.phase).toBe("Released");
  const released = (
    policy: VolumeSpec["persistentVolumeReclaimPolicy"],
    more: VolumeSpec = {},
    annotations = {},
  ): PersistentVolume =>
    volume(
      "v",
      "8Gi",
      { claimRef: ref, persistentVolumeReclaimPolicy: policy, ...more },
      { phase: "Released", annotations },
    );
  expect(phases(released("Retain"))).toEqual([]);
  expect(phases(released("Delete", { csi: { driver: "d", volumeHandle: "h" } }))).toEqual([]);
  expect(phases(released("Delete", { local: { path: "/x" } }))).toEqual([
    "status persistentvolume v",
    'VolumeFailedDelete: error getting deleter volume plugin for volume "v": no volume plugin matched',
  ]);
  expect(phases(released("Recycle", { nfs: { path: "/x", server: "s" } }))).toEqual([
    "status persistentvolume v",
    "VolumeFailedRecycle: No recycler plugin found for the volume!",
  ]);
});

test("a claim that took another one gives the volume back", () => {
  const other = claim({ volumeName: "w" });
  const ours = volume(
    "v",
    "8Gi",
    { claimRef: ref },
    { phase: "Bound", annotations: { [chosen]: "yes" } },
  );
  const freed = volumeAfter(reconcileVolume(ours, other, []));
  expect([freed.spec.claimRef, freed.metadata.annotations]).toEqual([undefined, {}]);
  const users = volume("v", "8Gi", { claimRef: ref }, { phase: "Bound" });
  expect(volumeAfter(reconcileVolume(users, other, [])).spec.claimRef).toEqual({
    namespace: "n",
    name: "c",
  });
});
