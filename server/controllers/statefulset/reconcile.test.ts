import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from "#gen/api/apps/v1.ts";
import type { PersistentVolumeClaim, Pod } from "#gen/api/core/v1.ts";
import { reconcile } from "./reconcile.ts";

const now = new Date("2026-01-01T00:10:00Z");
const owner = {
  apiVersion: "apps/v1",
  kind: "StatefulSet",
  name: "s",
  uid: "set",
  controller: true,
};

function set(spec: Partial<StatefulSet["spec"]> = {}, status = {}): StatefulSet {
  const labels = { app: "s" };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "s", namespace: "n", uid: "set", generation: 1 },
    spec: {
      replicas: 3,
      serviceName: "svc",
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "1" }] } },
      ...spec,
    },
    status: { replicas: 0, ...status },
  };
}

function pod(ordinal: number, revision: string, facts: Partial<Pod["status"]> = {}): Pod {
  const labels = { app: "s", "controller-revision-hash": revision };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: `s-${ordinal}`,
      namespace: "n",
      uid: `${ordinal}`,
      labels,
      ownerReferences: [owner],
    },
    spec: { containers: [] },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }], ...facts },
  };
}

function run(of: StatefulSet, candidates: readonly Pod[], revisions: ControllerRevision[] = []) {
  return reconcile(of, { candidates, revisions, claim: () => undefined }, now);
}

function claimNamed(name: string): PersistentVolumeClaim {
  const kind = "PersistentVolumeClaim";
  return { apiVersion: "v1", kind, metadata: { name, namespace: "n" }, spec: {}, status: {} };
}

function revisionOf(of: StatefulSet): ControllerRevision {
  const [made] = run(of, []);
  if (made?.effect !== "create") throw new Error("no revision is made");
  return made.object as ControllerRevision;
}

const named = (effects: readonly Effect[], kind: "create" | "delete"): string[] =>
  effects.flatMap((it) =>
    it.effect === kind && it.ref.plural !== "controllerrevisions"
      ? [it.object.metadata.name ?? ""]
      : [],
  );
const statusIn = (effects: readonly Effect[]): StatefulSetStatus => {
  const write = effects.find((it) => it.effect === "update" && it.subresource === "status");
  if (write?.effect !== "update") throw new Error("no status is written");
  return (write.object as StatefulSet).status;
};
const first = revisionOf(set());
const { name } = first.metadata;

test("pods come one after the other, each when the one before is ready", () => {
  expect(named(run(set(), []), "create")).toEqual(["s-0"]);
  const pending = pod(0, name, { conditions: [] });
  expect(named(run(set(), [pending], [first]), "create")).toEqual([]);
  expect(named(run(set(), [pod(0, name)], [first]), "create")).toEqual(["s-1"]);
  const parallel = set({ podManagementPolicy: "Parallel" });
  expect(named(run(parallel, []), "create")).toEqual(["s-0", "s-1", "s-2"]);
});

test("a pod has its identity and its claims", () => {
  const volumeClaimTemplates = [claimNamed("d")];
  const effects = run(set({ volumeClaimTemplates, ordinals: { start: 5 } }), []);
  expect(named(effects, "create")).toEqual(["d-s-5", "s-5"]);
  const made = effects.find((it) => it.effect === "create" && it.ref.plural === "pods");
  expect(made).toMatchObject({
    object: {
      metadata: {
        labels: {
          "statefulset.kubernetes.io/pod-name": "s-5",
          "apps.kubernetes.io/pod-index": "5",
        },
      },
      spec: {
        hostname: "s-5",
        subdomain: "svc",
        volumes: [{ persistentVolumeClaim: { claimName: "d-s-5" } }],
      },
    },
  });
});

test("surplus pods go from the highest, one at a time", () => {
  const pods = [0, 1, 2].map((ordinal) => pod(ordinal, name));
  expect(named(run(set({ replicas: 1 }), pods, [first]), "delete")).toEqual(["s-2"]);
});

test("while pods are unwell, none goes before them", () => {
  const unwell = (ordinal: number) => pod(ordinal, name, { conditions: [] });
  const ended = (candidates: readonly Pod[]) =>
    named(run(set({ replicas: 0 }), candidates, [first]), "delete");
  expect(ended([unwell(0), unwell(1), unwell(2)])).toEqual([]);
  expect(ended([pod(0, name), pod(1, name), unwell(2)])).toEqual(["s-2"]);
  expect(ended([unwell(0), pod(1, name), pod(2, name)])).toEqual(["s-2"]);
});

test("failed pods are replaced", () => {
  const effects = run(set({ replicas: 1 }), [pod(0, name, { phase: "Failed" })], [first]);
  expect(named(effects, "delete")).toEqual(["s-0"]);
  expect(effects.some((it) => it.effect === "event" && it.reason === "RecreatingFailedPod")).toBe(
    true,
  );
});

test("a new template rolls from the highest pod down to the partition", () => {
  const template = {
    metadata: { labels: { app: "s" } },
    spec: { containers: [{ name: "c", image: "2" }] },
  };
  const status = { currentRevision: name, currentReplicas: 3 };
  const pods = [0, 1, 2].map((ordinal) => pod(ordinal, name));
  const rolled = run(set({ template }, status), pods, [first]);
  expect(named(rolled, "delete")).toEqual(["s-2"]);
  const second = { ...revisionOf(set({ template })), revision: 2 };
  const next = second.metadata.name;
  const mixed = [pod(0, name), pod(1, name), pod(2, next)];
  const rollingUpdate = { partition: 2 };
  const held = set({ template, updateStrategy: { type: "RollingUpdate", rollingUpdate } }, status);
  expect(named(run(held, mixed, [first, second]), "delete")).toEqual([]);
  // Below the partition a lost pod comes back as it was.
  const lost = run(held, mixed.slice(1), [first, second]);
  const made = lost.find((it) => it.effect === "create" && it.ref.plural === "pods");
  expect(made).toMatchObject({ object: { spec: { containers: [{ image: "1" }] } } });
});

test("the status counts by revision, and a finished rollout has one", () => {
  const pods = [0, 1, 2].map((ordinal) => pod(ordinal, name));
  const status = statusIn(run(set({}, { currentRevision: "old" }), pods, [first]));
  expect(status).toMatchObject({
    replicas: 3,
    readyReplicas: 3,
    updatedReplicas: 3,
    currentReplicas: 3,
  });
  expect([status.currentRevision, status.updateRevision]).toEqual([name, name]);
});

test("maxUnavailable pods are replaced at once, those away already counted", () => {
  const template = {
    metadata: { labels: { app: "s" } },
    spec: { containers: [{ name: "c", image: "2" }] },
  };
  const updateStrategy = { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 2 } } as const;
  const rolling = set(
    { template, updateStrategy, podManagementPolicy: "Parallel" },
    { currentRevision: name, currentReplicas: 3 },
  );
  const pods = [0, 1, 2].map((ordinal) => pod(ordinal, name));
  expect(named(run(rolling, pods, [first]), "delete")).toEqual(["s-2", "s-1"]);
  const next = revisionOf(set({ template })).metadata.name;
  const starting = pod(2, next, { conditions: [] });
  expect(named(run(rolling, [...pods.slice(0, 2), starting], [first]), "delete")).toEqual(["s-1"]);
});

test("claims belong to the set, to a pod that is scaled away, or to nobody", () => {
  const volumeClaimTemplates = [claimNamed("d")];
  const ownersAfter = (policy: StatefulSet["spec"]["persistentVolumeClaimRetentionPolicy"]) => {
    const of = set({
      replicas: 1,
      volumeClaimTemplates,
      ...(policy === undefined ? {} : { persistentVolumeClaimRetentionPolicy: policy }),
    });
    const candidates = [pod(0, name), pod(1, name)];
    const claim = (of: string) => claimNamed(of);
    const effects = reconcile(of, { candidates, revisions: [first], claim }, now);
    return effects.flatMap((it) =>
      it.effect === "update" && it.ref.plural === "persistentvolumeclaims"
        ? [`${it.object.metadata.name} ${it.object.metadata.ownerReferences?.[0]?.kind}`]
        : [],
    );
  };
  expect(ownersAfter(undefined)).toEqual([]);
  expect(ownersAfter({ whenScaled: "Delete" })).toEqual(["d-s-1 Pod"]);
  const whenDeleted = "Delete";
  expect(ownersAfter({ whenDeleted })).toEqual(["d-s-0 StatefulSet", "d-s-1 StatefulSet"]);
  expect(ownersAfter({ whenDeleted, whenScaled: "Delete" })).toEqual([
    "d-s-0 StatefulSet",
    "d-s-1 Pod",
  ]);
});
