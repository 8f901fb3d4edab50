import { expect, test } from "bun:test";
import { encodeWatchFrame } from "#apimachinery/codec/watch-frames.ts";
import { AddedCounter } from "./pod-load.ts";
import { benchPod, schedulingCases } from "./scheduling-cases.ts";

test("a watch's ADDED events are counted, however its bytes are cut", () => {
  const [size] = schedulingCases;
  if (size === undefined) throw new Error("there are cases");
  const types = ["ADDED", "MODIFIED", "ADDED", "BOOKMARK", "DELETED", "ADDED"];
  const frames = types.map((type, index) => encodeWatchFrame(type, benchPod(size, "pods", index)));
  const bytes = Buffer.concat(frames);
  for (const length of [1, 3, 7, 100, bytes.length]) {
    const counter = new AddedCounter();
    for (let at = 0; at < bytes.length; at += length) counter.push(bytes.subarray(at, at + length));
    expect(counter.count).toBe(3);
  }
});
