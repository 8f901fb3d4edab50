import { describe, expect, test } from "bun:test";
import type { KubeObject, ObjectMeta } from "#gen/api/meta/v1.ts";
import { Graph } from "./graph.ts";
import { orphan, reconcile } from "./reconcile.ts";

function object(uid: string, metadata: ObjectMeta = {}): KubeObject {
  const base = { name: uid, namespace: "n", uid, resourceVersion: "1" };
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { ...base, ...metadata, name: uid } };
}

const owner = (uid: string, fields = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  name: uid,
  uid,
  ...fields,
});
const ownedBy = (...owners: readonly string[]) => ({
  ownerReferences: owners.map((uid) => owner(uid)),
});
const ref = {
  group: "",
  version: "v1",
  plural: "configmaps",
  singular: "configmap",
  kind: "ConfigMap",
  namespaced: true,
  verbs: [],
  shortNames: [],
  categories: [],
  storageVersionHash: "",
  subresources: [],
};

describe("the graph", () => {
  test("an owner that goes wakes its dependents", () => {
    const graph = new Graph();
    graph.upsert(object("a"));
    expect(graph.upsert(object("b", ownedBy("a")))).toEqual([]);
    expect(graph.remove("a")).toEqual([{ verb: "delete", uid: "b" }]);
  });

  test("an owner not seen is looked up; seen later, it is the same node", () => {
    const graph = new Graph();
    expect(graph.upsert(object("b", ownedBy("a")))).toEqual([{ verb: "delete", uid: "a" }]);
    expect(graph.get("a")?.virtual).toBe(true);
    graph.upsert(object("a"));
    expect(graph.get("a")?.virtual).toBe(false);
    expect(graph.remove("a")).toEqual([{ verb: "delete", uid: "b" }]);
  });

  test("a wrong guess about an owner that was dropped does not lose its dependents", () => {
    const graph = new Graph();
    graph.upsert(object("b", ownedBy("a")));
    graph.remove("a");
    graph.upsert(object("a"));
    expect(graph.remove("a")).toEqual([{ verb: "delete", uid: "b" }]);
  });

  test("a reference that names the owner wrongly is judged live", () => {
    const graph = new Graph();
    graph.upsert(object("a"));
    const wrong = { ownerReferences: [{ ...owner("a"), name: "other" }] };
    expect(graph.upsert(object("b", wrong))).toEqual([{ verb: "delete", uid: "b" }]);
  });

  test("foreground: dependents first, and the last of them frees the owner", () => {
    const graph = new Graph();
    graph.upsert(object("a"));
    graph.upsert(object("b", ownedBy("a")));
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    const work = graph.upsert(
      object("a", { deletionTimestamp, finalizers: ["foregroundDeletion"] }),
    );
    expect(work).toEqual([
      { verb: "delete", uid: "b" },
      { verb: "delete", uid: "a" },
    ]);
    expect(graph.remove("b")).toEqual([{ verb: "delete", uid: "a" }]);
  });

  test("orphan: the owner asks for its dependents to be freed", () => {
    const graph = new Graph();
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    expect(graph.upsert(object("a", { deletionTimestamp, finalizers: ["orphan"] }))).toEqual([
      { verb: "orphan", uid: "a" },
    ]);
  });

  test("an object that changes owners leaves the old one", () => {
    const graph = new Graph();
    for (const uid of ["a", "b"]) graph.upsert(object(uid));
    graph.upsert(object("c", ownedBy("a")));
    graph.upsert(object("c", ownedBy("b")));
    expect(graph.remove("a")).toEqual([]);
    expect(graph.remove("b")).toEqual([{ verb: "delete", uid: "c" }]);
  });
});

describe("what becomes of an object", () => {
  const alone = { deletingDependents: false, dependents: new Set<never>(), uid: "x" };
  const seen = (uid: string, state: "solid" | "absent" | "waiting") => ({
    reference: owner(uid),
    state,
  });
  const at = (metadata: ObjectMeta = {}) => ({ ref, object: object("x", metadata) });

  test("one owner lives: it stays", () => {
    expect(reconcile(at(), [seen("a", "solid")], alone)).toEqual([]);
    expect(reconcile(at(), [], alone)).toEqual([]);
  });

  test("one lives, others do not: the dead references go", () => {
    const [drop] = reconcile(at(), [seen("a", "solid"), seen("b", "absent")], alone);
    expect(drop).toMatchObject({
      body: { metadata: { resourceVersion: "1", ownerReferences: [{ uid: "a" }] } },
    });
  });

  test("none lives: it goes, in the way that its finalizers ask for, and only this state of it", () => {
    const [gone] = reconcile(at(), [seen("a", "absent")], alone);
    expect(gone).toMatchObject({
      effect: "delete",
      propagationPolicy: "Background",
      exactVersion: true,
    });
    const [orphaning] = reconcile(at({ finalizers: ["orphan"] }), [seen("a", "absent")], alone);
    expect(orphaning).toMatchObject({ propagationPolicy: "Orphan" });
  });

  test("an owner waits for it and it has dependents: foreground in turn; a circle is broken", () => {
    const graph = new Graph();
    graph.upsert(object("x"));
    graph.upsert(object("y", ownedBy("x")));
    const node = graph.get("x");
    if (node === undefined) throw new Error("no node");
    const waiting = [seen("a", "waiting")];
    expect(reconcile(at(), waiting, node)).toMatchObject([{ propagationPolicy: "Foreground" }]);
    const deletionTimestamp = "2026-01-01T00:00:00Z";
    graph.upsert(
      object("y", { ...ownedBy("x"), deletionTimestamp, finalizers: ["foregroundDeletion"] }),
    );
    expect(reconcile(at(ownedBy("a")), waiting, node)[0]).toMatchObject({
      effect: "patch",
      body: { metadata: { ownerReferences: [{ blockOwnerDeletion: false }] } },
    });
  });

  test("foreground: it goes when no dependent blocks it any more", () => {
    const graph = new Graph();
    graph.upsert(object("x"));
    graph.upsert(object("y", { ownerReferences: [owner("x", { blockOwnerDeletion: true })] }));
    const node = graph.get("x");
    if (node === undefined) throw new Error("no node");
    node.deletingDependents = true;
    const leaving = at({ finalizers: ["foregroundDeletion", "mine"] });
    expect(reconcile(leaving, [], node)).toEqual([]);
    graph.remove("y");
    expect(reconcile(leaving, [], node)).toMatchObject([
      { body: { metadata: { finalizers: ["mine"] } } },
    ]);
  });

  test("orphaning: every dependent lets go, then the finalizer goes", () => {
    const effects = orphan(at({ finalizers: ["orphan"] }), [
      { ref, object: object("y", ownedBy("x", "z")) },
      { ref, object: object("w", ownedBy("z")) },
    ]);
    expect(effects).toMatchObject([
      { target: { name: "y" }, body: { metadata: { ownerReferences: [{ uid: "z" }] } } },
      { target: { name: "x" }, body: { metadata: { finalizers: [] } } },
    ]);
    expect(effects).toHaveLength(2);
  });
});
