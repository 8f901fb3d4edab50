import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { ReplicaSet } from "#gen/api/apps/v1.ts";
import type { Pod } from "#gen/api/core/v1.ts";
import { inDeletionOrder } from "./deletion-order.ts";
import { reconcile } from "./reconcile.ts";

const now = new Date("2026-01-01T00:10:00Z");
const owner = {
  apiVersion: "apps/v1",
  kind: "ReplicaSet",
  name: "web",
  uid: "set",
  controller: true,
};

function set(replicas: number, status = {}): ReplicaSet {
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: { name: "web", namespace: "n", uid: "set", generation: 1 },
    spec: {
      replicas,
      selector: { matchLabels: { app: "web" } },
      template: { metadata: { labels: { app: "web" } }, spec: { containers: [] } },
    },
    status: { replicas: 0, ...status },
  };
}

interface PodFacts {
  readonly name: string;
  readonly owned?: boolean;
  readonly app?: string;
  readonly readySince?: string;
  readonly node?: string;
  readonly phase?: "Pending" | "Running" | "Failed";
  readonly deleted?: boolean;
  readonly cost?: string;
  readonly restarts?: number;
}

function pod({ name, owned = true, app = "web", readySince, ...facts }: PodFacts): Pod {
  const restarts = {
    name: "c",
    image: "i",
    imageID: "",
    ready: true,
    restartCount: facts.restarts ?? 0,
  };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "n",
      uid: name,
      labels: { app },
      creationTimestamp: "2026-01-01T00:00:00Z",
      ...(facts.cost === undefined
        ? {}
        : { annotations: { "controller.kubernetes.io/pod-deletion-cost": facts.cost } }),
      ...(owned ? { ownerReferences: [owner] } : {}),
      ...(facts.deleted === true ? { deletionTimestamp: "2026-01-01T00:09:00Z" } : {}),
    },
    spec: { containers: [], ...(facts.node === undefined ? {} : { nodeName: facts.node }) },
    status: {
      phase: facts.phase ?? "Running",
      containerStatuses: [restarts],
      conditions:
        readySince === undefined
          ? []
          : [{ type: "Ready", status: "True", lastTransitionTime: readySince }],
    },
  };
}

function kinds(effects: readonly Effect[]): readonly string[] {
  return effects.map(({ effect }) => effect);
}

function only<K extends Effect["effect"]>(effects: readonly Effect[], kind: K) {
  return effects.filter((it): it is Extract<Effect, { effect: K }> => it.effect === kind);
}

test("missing pods are made, with the set as their controller", () => {
  const effects = reconcile(set(3), { candidates: [pod({ name: "a" })], siblings: [] }, now);
  const [make] = only(effects, "createMany");
  expect(make?.objects).toHaveLength(2);
  expect(make?.objects[0]?.metadata.generateName).toBe("web-");
  expect(make?.objects[0]?.metadata.ownerReferences?.[0]).toMatchObject({
    uid: "set",
    controller: true,
  });
});

test("finished and terminating pods do not count", () => {
  const candidates = [pod({ name: "a", phase: "Failed" }), pod({ name: "b", deleted: true })];
  const [make] = only(reconcile(set(1), { candidates, siblings: [] }, now), "createMany");
  expect(make?.objects).toHaveLength(1);
});

test("surplus pods go, those not ready first", () => {
  const ready = pod({ name: "ready", node: "n1", readySince: "2026-01-01T00:01:00Z" });
  const candidates = [ready, pod({ name: "not", node: "n1" })];
  const effects = reconcile(set(1), { candidates, siblings: [] }, now);
  expect(only(effects, "delete").map(({ object }) => object.metadata.name)).toEqual(["not"]);
});

test("an orphan that matches is adopted, an owned one that does not match is released", () => {
  const candidates = [
    pod({ name: "orphan", owned: false }),
    pod({ name: "changed", app: "other" }),
  ];
  const patches = only(reconcile(set(1), { candidates, siblings: [] }, now), "patch");
  expect(patches.map(({ target, body }) => [target.name, JSON.stringify(body)])).toEqual([
    ["orphan", expect.stringContaining('"controller":true')],
    ["changed", expect.stringContaining('"$patch":"delete"')],
  ]);
});

test("a set on its way out makes nothing and takes nothing", () => {
  const leaving = set(3);
  leaving.metadata.deletionTimestamp = "2026-01-01T00:00:00Z";
  const effects = reconcile(
    leaving,
    { candidates: [pod({ name: "o", owned: false })], siblings: [] },
    now,
  );
  expect(only(effects, "createMany")).toEqual([]);
  expect(only(effects, "patch")).toEqual([]);
});

test("nothing to do: nothing is written", () => {
  const status = { replicas: 1, fullyLabeledReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const settled = set(1, { ...status, observedGeneration: 1 });
  const candidates = [pod({ name: "a", readySince: "2026-01-01T00:01:00Z" })];
  expect(reconcile(settled, { candidates, siblings: [] }, now)).toEqual([]);
});

test("a pod becomes available after minReadySeconds, and until then we come back", () => {
  const patient = set(1);
  patient.spec.minReadySeconds = 30;
  const candidates = [pod({ name: "a", readySince: "2026-01-01T00:09:50Z" })];
  const effects = reconcile(patient, { candidates, siblings: [] }, now);
  expect(effects.at(-1)).toEqual({ effect: "requeueAfter", seconds: 20 });
  expect(only(effects, "update")[0]?.object).toMatchObject({
    status: { readyReplicas: 1, availableReplicas: 0 },
  });
});

test("a refusal is told in the status", () => {
  const effects = reconcile(set(1), { candidates: [], siblings: [] }, now);
  expect(kinds(effects)).toEqual(["createMany", "update"]);
  const [told] = only(effects, "createMany")[0]?.onRefusal?.("exceeded quota") ?? [];
  expect(told).toMatchObject({
    object: { status: { conditions: [{ type: "ReplicaFailure", message: "exceeded quota" }] } },
  });
});

test("deletion order: upstream's criteria, each before the next", () => {
  const since = "2026-01-01T00:00:00Z";
  const inOrder = [
    pod({ name: "unassigned" }),
    pod({ name: "pending", node: "n1", phase: "Pending" }),
    pod({ name: "not-ready", node: "n1" }),
    pod({ name: "cheap", node: "n1", readySince: since, cost: "-5" }),
    pod({ name: "crowded", node: "n2", readySince: since }),
    pod({ name: "young", node: "n1", readySince: "2026-01-01T00:09:59Z" }),
    pod({ name: "restarted", node: "n1", readySince: since, restarts: 4 }),
    pod({ name: "best", node: "n1", readySince: since }),
  ];
  const crowd = Array.from({ length: 9 }, (_, i) => pod({ name: `x${i}`, node: "n2" }));
  const shuffled = [...inOrder].reverse();
  const order = inDeletionOrder(shuffled, [...inOrder, ...crowd], now);
  expect(order.map(({ metadata }) => metadata.name)).toEqual(inOrder.map((it) => it.metadata.name));
});
