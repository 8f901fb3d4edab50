import { expect, test } from "bun:test";
import type { Effect } from "#controllers/effects.ts";
import type { ControllerRevision, DaemonSet } from "#gen/api/apps/v1.ts";
import type { Node, Pod, Taint } from "#gen/api/core/v1.ts";
import type { Draft } from "#gen/api/meta/v1.ts";
import { nodeOf } from "./node-fit.ts";
import { type Observed, reconcile } from "./reconcile.ts";

const now = new Date("2026-01-01T00:10:00Z");

function set(spec: Partial<DaemonSet["spec"]> = {}): DaemonSet {
  const labels = { app: "d" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "d", namespace: "n", uid: "set", generation: 1 },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "c", image: "1" }] } },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      ...spec,
    },
    status: {
      currentNumberScheduled: 0,
      desiredNumberScheduled: 0,
      numberMisscheduled: 0,
      numberReady: 0,
    },
  };
}

const node = (name: string, taints: Taint[] = [], labels = {}): Node => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels },
  spec: { taints },
  status: {},
});

function only<K extends Effect["effect"]>(effects: readonly Effect[], kind: K) {
  return effects.filter((it): it is Extract<Effect, { effect: K }> => it.effect === kind);
}

const podDrafts = (effects: readonly Effect[]) =>
  only(effects, "createMany").flatMap(({ objects }) => objects as readonly Draft<Pod>[]);
const madeOn = (effects: readonly Effect[]) => podDrafts(effects).map(({ spec }) => nodeOf(spec));
const ended = (effects: readonly Effect[]) =>
  only(effects, "delete").map(({ object }) => object.metadata.name);

/** The pods that the set would make, as running ones. */
function running(of: DaemonSet, nodes: readonly Node[], status: Pod["status"] = {}): Pod[] {
  const ready = { conditions: [{ type: "Ready", status: "True" }], phase: "Running" as const };
  return podDrafts(reconcile(of, observed({ nodes }), now)).map((draft) => ({
    ...draft,
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...draft.metadata, name: `on-${nodeOf(draft.spec)}`, namespace: "n" },
    status: { ...ready, ...status },
  })) as Pod[];
}

function observed(facts: Partial<Observed>): Observed {
  return { nodes: [], candidates: [], revisions: [], ...facts };
}

/** The revision that the set would keep of its template. */
function revisionOf(of: DaemonSet): ControllerRevision {
  const [made] = only(reconcile(of, observed({}), now), "create");
  return made?.object as ControllerRevision;
}

test("every node that fits gets a pod bound for it, with a daemon's tolerations", () => {
  const effects = reconcile(set(), observed({ nodes: [node("a"), node("b")] }), now);
  expect(madeOn(effects)).toEqual(["a", "b"]);
  const [pod] = podDrafts(effects);
  expect(pod?.metadata.labels?.["controller-revision-hash"]).toBeDefined();
  expect(pod?.spec.tolerations?.map(({ key }) => key)).toContain("node.kubernetes.io/not-ready");
  const [revision] = only(effects, "create");
  expect(revision?.object).toMatchObject({ revision: 1 });
});

test("taints and selectors keep it off; only NoExecute drives it away", () => {
  const taint = (effect: Taint["effect"]): Taint => ({ key: "k", effect });
  const nodes = [node("no", [taint("NoSchedule")]), node("out", [taint("NoExecute")])];
  expect(madeOn(reconcile(set(), observed({ nodes }), now))).toEqual([]);
  const candidates = running(set(), [node("no"), node("out")]);
  expect(ended(reconcile(set(), observed({ nodes, candidates }), now))).toEqual(["on-out"]);
  const picky = set();
  const template = { ...picky.spec.template };
  template.spec = { containers: [], nodeSelector: { disk: "ssd" } };
  const chosen = [node("a"), node("b", [], { disk: "ssd" })];
  const effects = reconcile(set({ template }), observed({ nodes: chosen }), now);
  expect(madeOn(effects)).toEqual(["b"]);
});

test("failed pods go, and so do pods of nodes that are gone", () => {
  const nodes = [node("a")];
  const candidates = running(set(), nodes, { phase: "Failed" });
  const effects = reconcile(set(), observed({ nodes, candidates }), now);
  expect(ended(effects)).toEqual(["on-a"]);
  expect(only(effects, "event").map(({ reason }) => reason)).toEqual(["FailedDaemonPod"]);
  expect(ended(reconcile(set(), observed({ candidates: running(set(), nodes) }), now))).toEqual([
    "on-a",
  ]);
});

test("a new template replaces as many at once as may be unavailable", () => {
  const nodes = [node("a"), node("b"), node("c")];
  const candidates = running(set(), nodes);
  const template = { ...set().spec.template, spec: { containers: [{ name: "c", image: "2" }] } };
  const revisions = [revisionOf(set())];
  const effects = reconcile(set({ template }), observed({ nodes, candidates, revisions }), now);
  expect(ended(effects)).toEqual(["on-a"]);
  const [revision] = only(effects, "create");
  expect(revision?.object).toMatchObject({ revision: 2 });
  const onDelete = set({ template, updateStrategy: { type: "OnDelete" } });
  expect(ended(reconcile(onDelete, observed({ nodes, candidates, revisions }), now))).toEqual([]);
});

test("going back to an old template makes its revision the newest", () => {
  const old = revisionOf(set());
  const other = { ...old, metadata: { ...old.metadata, name: "x" }, data: {}, revision: 2 };
  const effects = reconcile(set(), observed({ revisions: [{ ...old, revision: 1 }, other] }), now);
  const [raised] = only(effects, "update").filter(({ subresource }) => subresource === "");
  expect(raised?.object).toMatchObject({ metadata: { name: old.metadata.name }, revision: 3 });
});

test("the status counts nodes", () => {
  const nodes = [node("a"), node("b"), node("bad", [{ key: "k", effect: "NoSchedule" }])];
  const candidates = running(set(), [node("a"), node("bad")]);
  const writes = only(reconcile(set(), observed({ nodes, candidates }), now), "update");
  const [write] = writes.filter(({ subresource }) => subresource === "status");
  expect(write?.object).toMatchObject({
    status: {
      desiredNumberScheduled: 2,
      currentNumberScheduled: 1,
      numberMisscheduled: 1,
      numberReady: 1,
      updatedNumberScheduled: 1,
      numberUnavailable: 1,
    },
  });
});
