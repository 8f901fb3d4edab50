import { expect, test } from "bun:test";
import type { RuntimeImage } from "#kubelet/cri/runtime.ts";
import { ImageUse } from "./unused-images.ts";

const image = (id: string, pinned = false): RuntimeImage => ({
  id,
  names: [`example.test/${id}:1`],
  sizeBytes: 1,
  uid: undefined,
  username: "",
  pinned,
});
const used = (...refs: readonly string[]) => refs.map((imageRef) => ({ imageRef }));
const ids = (images: readonly RuntimeImage[]) => images.map(({ id }) => id);
const minute = 60_000;

test("what nobody uses may go after two minutes, the longest unused first", () => {
  const use = new ImageUse();
  const all = [image("a"), image("b"), image("c"), image("pause", true)];
  expect(ids(use.unused(all, used("a", "example.test/b:1"), minute))).toEqual([]);
  expect(ids(use.unused(all, used("a"), 2 * minute))).toEqual([]);
  expect(ids(use.unused(all, [], 3 * minute))).toEqual(["c", "b", "a"]);
  expect(ids(use.unused(all, used("c"), 4 * minute))).toEqual(["b", "a"]);
  expect(ids(use.unused([...all, image("new")], [], 5 * minute))).toEqual(["b", "a", "c"]);
});

test("one that went and came again is new", () => {
  const use = new ImageUse();
  use.unused([image("a")], [], minute);
  use.unused([], [], 2 * minute);
  expect(ids(use.unused([image("a")], [], 4 * minute))).toEqual([]);
  expect(ids(use.unused([image("a")], [], 6 * minute))).toEqual(["a"]);
});
