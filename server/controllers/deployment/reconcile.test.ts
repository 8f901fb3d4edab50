import { describe, expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import { templateHash } from "#controllers/pod-template.ts";
import type { Deployment, DeploymentSpec, ReplicaSet } from "#gen/api/apps/v1.ts";
import { type Observed, reconcile } from "./reconcile.ts";

const now = new Date("2026-01-01T00:10:00Z");
const template = (image: string) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "web", image }] },
});

function deployment(
  spec: Partial<DeploymentSpec> = {},
  status: Deployment["status"] = {},
): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace: "n", uid: "dep", generation: 1 },
    spec: {
      replicas: 10,
      selector: { matchLabels: { app: "web" } },
      template: template("new"),
      progressDeadlineSeconds: 600,
      strategy: { type: "RollingUpdate", rollingUpdate: { maxSurge: 3, maxUnavailable: 2 } },
      ...spec,
    },
    status,
  };
}

interface SetFacts {
  readonly image: string;
  readonly size: number;
  readonly available?: number;
  readonly revision?: string;
  readonly desired?: string;
  readonly created?: string;
}

function set({ image, size, available = size, revision = "1", ...facts }: SetFacts): ReplicaSet {
  const labels = { app: "web", "pod-template-hash": image };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `web-${image}`,
      namespace: "n",
      uid: `uid-${image}`,
      generation: 1,
      creationTimestamp: facts.created ?? "2026-01-01T00:00:00Z",
      labels,
      annotations: {
        "deployment.kubernetes.io/revision": revision,
        "deployment.kubernetes.io/desired-replicas": facts.desired ?? "10",
        "deployment.kubernetes.io/max-replicas": "13",
      },
      ownerReferences: [
        { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "dep", controller: true },
      ],
    },
    spec: {
      replicas: size,
      selector: { matchLabels: labels },
      template: { ...template(image), metadata: { labels } },
      minReadySeconds: 0,
    },
    status: {
      replicas: size,
      readyReplicas: available,
      availableReplicas: available,
      observedGeneration: 1,
    },
  };
}

function observe(...candidates: readonly ReplicaSet[]): Observed {
  const named = new Map(candidates.map((it) => [it.metadata.name, it]));
  return { candidates, setNamed: (name) => named.get(name), podsOf: () => [] };
}

/** Sizes that are written, by set. */
function sizes(effects: readonly Effect[]): Readonly<Record<string, number>> {
  const written: Record<string, number> = {};
  for (const it of effects) {
    if (it.effect !== "update" || it.subresource !== "" || it.object.kind !== "ReplicaSet")
      continue;
    // What deployments write are ReplicaSets; the effect has forgotten it.
    const { spec, metadata } = it.object as ReplicaSet;
    written[metadata.name] = spec.replicas ?? 1;
  }
  return written;
}

function statusOf(effects: readonly Effect[]): Deployment["status"] | undefined {
  const write = effects.find((it) => it.effect === "update" && it.subresource === "status");
  return write?.effect === "update" ? (write.object as Deployment).status : undefined;
}

const condition = (status: Deployment["status"] | undefined, type: string) =>
  status?.conditions?.find((it) => it.type === type);

describe("the first ReplicaSet", () => {
  const effects = reconcile(deployment(), observe(), now);

  test("has the whole size, the hash in name, labels and selector, and revision 1", () => {
    const [make] = effects;
    if (make?.effect !== "create") throw new Error("nothing was created");
    const hash = templateHash(template("new"));
    expect(make.object).toMatchObject({
      metadata: {
        name: `web-${hash}`,
        labels: { app: "web", "pod-template-hash": hash },
        annotations: { "deployment.kubernetes.io/revision": "1" },
      },
      spec: { replicas: 10, selector: { matchLabels: { "pod-template-hash": hash } } },
    });
  });

  test("is told in an event and as progress", () => {
    expect(effects[1]).toMatchObject({ reason: "ScalingReplicaSet" });
    expect(condition(statusOf(effects), "Progressing")).toMatchObject({
      status: "True",
      reason: "NewReplicaSetCreated",
    });
  });

  test("of a template that collides gets another hash", () => {
    const stranger = set({ image: "x", size: 1 });
    stranger.metadata.name = `web-${templateHash(template("new"))}`;
    delete stranger.metadata.ownerReferences;
    stranger.metadata.labels = {};
    const again = reconcile(deployment(), observe(stranger), now);
    expect(statusOf(again)?.collisionCount).toBe(1);
    expect(templateHash(template("new"), 1)).not.toBe(templateHash(template("new")));
  });
});

describe("rolling update of 10, surge 3, unavailable 2", () => {
  const steps: readonly [string, SetFacts, SetFacts | undefined, Record<string, number>][] = [
    [
      "the new one fills the surge",
      { image: "old", size: 10 },
      { image: "new", size: 0 },
      { "web-new": 3 },
    ],
    [
      "two old ones may go at once",
      { image: "old", size: 10 },
      { image: "new", size: 3, available: 0 },
      { "web-old": 8 },
    ],
    [
      "unavailable new ones stop the rest",
      { image: "old", size: 8 },
      { image: "new", size: 5, available: 0 },
      {},
    ],
    [
      "available new ones let old ones go",
      { image: "old", size: 8 },
      { image: "new", size: 5 },
      { "web-old": 3 },
    ],
    [
      "broken old ones go first and all",
      { image: "old", size: 10, available: 4 },
      { image: "new", size: 3, available: 3 },
      { "web-old": 5 },
    ],
    [
      "no more than replicas",
      { image: "old", size: 0 },
      { image: "new", size: 12 },
      { "web-new": 10 },
    ],
  ];
  for (const [name, old, fresh, expected] of steps) {
    test(name, () => {
      const oldSet = set({ ...old, revision: "1" });
      const sets = fresh === undefined ? [oldSet] : [oldSet, set({ ...fresh, revision: "2" })];
      expect(sizes(reconcile(deployment(), observe(...sets), now))).toEqual(expected);
    });
  }

  test("never below the bound, never above it, and it ends", () => {
    let [old, fresh] = [10, 0];
    for (let step = 0; step < 40; step++) {
      const sets = [
        set({ image: "old", size: old, revision: "1" }),
        set({ image: "new", size: fresh, revision: "2" }),
      ];
      const written = sizes(reconcile(deployment(), observe(...sets), now));
      if (Object.keys(written).length === 0) break;
      old = written["web-old"] ?? old;
      fresh = written["web-new"] ?? fresh;
      expect(old + fresh).toBeLessThanOrEqual(13);
      expect(old + fresh).toBeGreaterThanOrEqual(8);
    }
    expect([old, fresh]).toEqual([0, 10]);
  });
});

test("recreate: the new one waits for the last old pod", () => {
  const recreate = deployment({ strategy: { type: "Recreate" } });
  const old = set({ image: "old", size: 2 });
  expect(sizes(reconcile(recreate, observe(old), now))).toEqual({ "web-old": 0 });
  const empty = set({ image: "old", size: 0 });
  const pod = {
    metadata: { name: "p" },
    spec: { containers: [] },
    status: { phase: "Running" as const },
  };
  const running = {
    ...observe(empty),
    podsOf: () => [{ apiVersion: "v1" as const, kind: "Pod" as const, ...pod }],
  };
  expect(reconcile(recreate, running, now).some(({ effect }) => effect === "create")).toBe(false);
  expect(reconcile(recreate, observe(empty), now).some(({ effect }) => effect === "create")).toBe(
    true,
  );
});

test("scaled in the middle of a rollout, every set gets its share", () => {
  const sets = [
    set({ image: "old", size: 8, revision: "1", created: "2026-01-01T00:00:00Z" }),
    set({ image: "new", size: 5, revision: "2", created: "2026-01-01T00:05:00Z" }),
  ];
  const written = sizes(reconcile(deployment({ replicas: 20 }), observe(...sets), now));
  expect(written).toEqual({ "web-old": 14, "web-new": 9 });
});

test("paused: sizes follow, templates do not", () => {
  const paused = deployment({ paused: true, replicas: 4 });
  const effects = reconcile(paused, observe(set({ image: "old", size: 10 })), now);
  expect(sizes(effects)).toEqual({ "web-old": 4 });
  expect(effects.some(({ effect }) => effect === "create")).toBe(false);
});

test("a rollback brings the old set back with a new revision and its history", () => {
  const back = set({ image: "new", size: 0, revision: "1" });
  const effects = reconcile(
    deployment(),
    observe(back, set({ image: "old", size: 10, revision: "2" })),
    now,
  );
  const [write] = effects;
  expect(write).toMatchObject({
    object: {
      metadata: {
        name: "web-new",
        annotations: {
          "deployment.kubernetes.io/revision": "3",
          "deployment.kubernetes.io/revision-history": "1",
        },
      },
    },
  });
});

test("complete: said once, then nothing is written", () => {
  const newSet = set({ image: "new", size: 10, revision: "1" });
  const effects = reconcile(deployment(), observe(newSet), now);
  const status = statusOf(effects);
  expect(condition(status, "Progressing")).toMatchObject({ reason: "NewReplicaSetAvailable" });
  const settled = deployment({}, status);
  settled.metadata.annotations = { "deployment.kubernetes.io/revision": "1" };
  expect(reconcile(settled, observe(newSet), now)).toEqual([]);
});

test("stuck for longer than the deadline: Progressing becomes False", () => {
  const started = { type: "Progressing", status: "True", reason: "ReplicaSetUpdated", message: "" };
  const since = "2026-01-01T00:00:00Z";
  const conditions = [{ ...started, lastUpdateTime: since, lastTransitionTime: since }];
  const status = {
    replicas: 10,
    updatedReplicas: 10,
    readyReplicas: 9,
    availableReplicas: 9,
    conditions,
  };
  const sets = observe(set({ image: "new", size: 10, available: 9 }));
  const late = new Date("2026-01-01T00:10:01Z");
  expect(
    condition(statusOf(reconcile(deployment({}, status), sets, late)), "Progressing"),
  ).toMatchObject({
    status: "False",
    reason: "ProgressDeadlineExceeded",
  });
  const early = reconcile(deployment({}, status), sets, new Date("2026-01-01T00:09:00Z"));
  expect(early.at(-1)).toEqual({ effect: "requeueAfter", seconds: 61 });
});

test("history beyond the limit goes, the oldest first, and only what is empty", () => {
  const old = ["a", "b", "c"].map((image, index) =>
    set({ image, size: 0, revision: String(index + 1) }),
  );
  const newSet = set({ image: "new", size: 10, revision: "4" });
  const effects = reconcile(deployment({ revisionHistoryLimit: 1 }), observe(...old, newSet), now);
  const gone = effects.flatMap((it) => (it.effect === "delete" ? [it.object.metadata.name] : []));
  expect(gone).toEqual(["web-a", "web-b"]);
});

test("the hash does not depend on the order of keys", () => {
  const a = { metadata: { labels: { a: "1", b: "2" } }, spec: { containers: [] } };
  const b = { spec: { containers: [] }, metadata: { labels: { b: "2", a: "1" } } };
  expect(templateHash(a)).toBe(templateHash(b));
  expect(templateHash(a)).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]+$/);
});

test("revisions are counted exactly, however large", () => {
  const old = set({ image: "old", size: 1, revision: "3546343826724305832" });
  const effects = reconcile(deployment(), observe(old), now);
  expect(JSON.stringify(effects)).toContain('"3546343826724305833"');
});
