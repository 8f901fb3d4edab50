import { expect, test } from "bun:test";
import { ApiError } from "#apimachinery/status.ts";
import { encodeProtobuf, encodeProtobufRaw, envelopeRaw } from "./protobuf.ts";
import {
  encodeWatchFrame,
  encodeWatchFrameRaw,
  readWatchFrames,
  type WatchFrame,
} from "./watch-frames.ts";

const configMap = (name: string, data: string) => ({
  kind: "ConfigMap",
  apiVersion: "v1",
  metadata: { name },
  data: { data },
});

/** The bytes in pieces of one size, as a network might cut them. */
function cut(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (let at = 0; at < bytes.length; at += size) {
        controller.enqueue(bytes.subarray(at, at + size));
      }
      controller.close();
    },
  });
}

async function read(bytes: Uint8Array, size: number): Promise<WatchFrame[]> {
  const frames: WatchFrame[] = [];
  for await (const frame of readWatchFrames(cut(bytes, size))) frames.push(frame);
  return frames;
}

const objects = [configMap("a", "x"), configMap("b", "y".repeat(300)), configMap("c", "")];
const stream = Buffer.concat(objects.map((object) => encodeWatchFrame("ADDED", object)));

test.each([1, 3, 64, 100_000])("frames come whole from pieces of %d bytes", async (size) => {
  const frames = await read(stream, size);
  const expected: unknown = objects.map((object) => ({ type: "ADDED", object }));
  expect(frames).toEqual(expected as never);
});

test("a frame from encoded bytes is the same frame", () => {
  for (const object of objects) {
    const frame = encodeWatchFrame("MODIFIED", object);
    const raw = envelopeRaw(object, encodeProtobufRaw(object));
    expect(raw).toEqual(encodeProtobuf(object));
    expect(encodeWatchFrameRaw("MODIFIED", raw)).toEqual(frame);
  }
});

test("a stream that ends in the midst of a frame, or claims a huge one, is refused", async () => {
  expect(read(stream.subarray(0, stream.length - 1), 50)).rejects.toThrow(ApiError);
  expect(read(new Uint8Array([0xff, 0xff, 0xff, 0xff, 1]), 5)).rejects.toThrow(ApiError);
});
