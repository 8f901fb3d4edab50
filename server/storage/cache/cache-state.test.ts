/** What a cache holds of what happened: bounded in weight and in age, and nothing of resources that are gone. */
import { expect, test } from "bun:test";
import type { Change, Key } from "#storage/storage.ts";
import { CacheState } from "./cache-state.ts";

const mega = 1024 * 1024;
const keyOf = (resource: string): Key => ({ group: "", resource, namespace: "a", name: "x" });
const made = () =>
  new CacheState({ head: { revision: 0, compacted: 0, epoch: 1 }, objects: [] }, [], 8_192);

function changeOf(op: Change["op"], resource: string, revision: number, size = mega): Change {
  const metadata = { name: "x", resourceVersion: `${revision}` };
  const object = { apiVersion: "v1", kind: "X", metadata };
  const key = keyOf(resource);
  return { revision, op, key, object, previous: undefined, createRevision: 1, size };
}

test("thousands of states of one large object are not held", () => {
  const state = made();
  const seen: number[] = [];
  const forgotten: number[] = [];
  const listener = {
    offer: () => void seen.push(1),
    forget: (at: number) => void forgotten.push(at),
  };
  state.collection(keyOf("large")).watchers.add({ ...keyOf("large"), name: undefined }, listener);
  for (let at = 1; at <= 1_000; at++)
    state.apply(changeOf(at === 1 ? "create" : "update", "large", at));
  const { ring } = state.collection(keyOf("large"));
  expect(ring.weight).toBeLessThanOrEqual(64 * mega);
  expect(ring.weight).toBeGreaterThan(30 * mega);
  expect(ring.after(ring.floor)[0]?.revision).toBe(ring.floor + 1);
  // Whoever keeps events of his own is told which of them are held by nobody else.
  expect(forgotten.at(-1)).toBe(ring.floor);
  expect(seen).toHaveLength(1_000);
});

test("large events of one resource do not cost others theirs", () => {
  const state = made();
  state.apply(changeOf("create", "small", 1, 1_000));
  for (let at = 2; at <= 200; at++)
    state.apply(changeOf(at === 2 ? "create" : "update", "large", at));
  expect(state.collection(keyOf("small")).ring.floor).toBe(0);
});

test("what is compacted is forgotten, and a resource without objects with it", () => {
  const state = made();
  state.apply(changeOf("create", "gone", 1));
  state.apply(changeOf("delete", "gone", 2));
  state.apply(changeOf("create", "kept", 3));
  const gone = state.collection(keyOf("gone"));
  const kept = state.collection(keyOf("kept"));
  state.compact(2);
  expect(state.collection(keyOf("kept"))).toBe(kept);
  expect(kept.ring.floor).toBe(0);
  const anew = state.collection(keyOf("gone"));
  expect(anew).not.toBe(gone);
  // A watch from before its end must look into the log.
  expect(anew.ring.floor).toBe(2);
});
