/**
 * Watch events on a protobuf stream: four bytes of length, big endian, then a WatchEvent without envelope
 * whose object is a whole object in its envelope.
 *
 *     | length (4) | 0a type | 12 RawExtension { 0a "k8s\0" Unknown } |
 */
import { assert } from "#apimachinery/assert.ts";
import { badRequest } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { decodeProtobuf, encodeProtobuf, type Kinded } from "./protobuf.ts";
import { WireReader } from "./wire-reader.ts";

export interface WatchFrame {
  readonly type: string;
  readonly object: KubeObject;
}

const prefixBytes = 4;
/** A frame that claims more is a mistake or an attack: no object is larger. */
const frameBytesMax = 64 * 1024 * 1024;
const typeTag = 0x0a;
const objectTag = 0x12;
const rawTag = 0x0a;

const ascii = new TextEncoder();

function varintLength(value: number): number {
  let length = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) length++;
  return length;
}

function putVarint(into: Uint8Array, at: number, value: number): number {
  let rest = value;
  let next = at;
  for (; rest > 0x7f; rest >>>= 7) into[next++] = (rest & 0x7f) | 0x80;
  into[next++] = rest;
  return next;
}

/** `object` is ready in its envelope, as `encodeProtobuf` and `envelopeRaw` give it. */
export function encodeWatchFrameRaw(type: string, object: Uint8Array): Uint8Array {
  const name = ascii.encode(type);
  assert(name.length < 0x80, "an event's type is a word");
  const rawLength = 1 + varintLength(object.length) + object.length;
  const length = 2 + name.length + 1 + varintLength(rawLength) + rawLength;
  const frame = new Uint8Array(prefixBytes + length);
  new DataView(frame.buffer).setUint32(0, length);
  frame[prefixBytes] = typeTag;
  frame[prefixBytes + 1] = name.length;
  frame.set(name, prefixBytes + 2);
  let at = prefixBytes + 2 + name.length;
  frame[at++] = objectTag;
  at = putVarint(frame, at, rawLength);
  frame[at++] = rawTag;
  at = putVarint(frame, at, object.length);
  frame.set(object, at);
  return frame;
}

export function encodeWatchFrame(type: string, object: Kinded): Uint8Array {
  return encodeWatchFrameRaw(type, encodeProtobuf(object));
}

/** A frame without its length prefix. Throws ApiError BadRequest on malformed bytes. */
export function decodeWatchEvent(bytes: Uint8Array): WatchFrame {
  const reader = new WireReader(bytes);
  let type = "";
  let raw: Uint8Array | undefined;
  while (reader.position < reader.end) {
    const tag = reader.uint32();
    if (tag === typeTag) type = reader.string();
    else if (tag === objectTag) {
      const outer = reader.enter();
      while (reader.position < reader.end) {
        const inner = reader.uint32();
        if (inner === rawTag) raw = reader.bytes();
        else reader.skip(inner);
      }
      reader.leave(outer);
    } else reader.skip(tag);
  }
  if (raw === undefined) throw badRequest("the watch event holds no object");
  return { type, object: decodeProtobuf(raw) };
}

/**
 * The events of a stream as they arrive. Ends where the stream ends between two frames; throws ApiError
 * BadRequest on a malformed frame and on an end in the midst of one.
 */
export async function* readWatchFrames(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<WatchFrame, void, void> {
  let held: Uint8Array = new Uint8Array();
  for await (const chunk of chunksOf(stream)) {
    held = held.length === 0 ? chunk : joined(held, chunk);
    let at = 0;
    for (;;) {
      const length = frameLength(held, at);
      if (length === undefined || held.length - at - prefixBytes < length) break;
      const start = at + prefixBytes;
      at = start + length;
      yield decodeWatchEvent(held.subarray(start, at));
    }
    held = held.subarray(at);
  }
  if (held.length > 0) throw badRequest("unexpected EOF");
}

function frameLength(held: Uint8Array, at: number): number | undefined {
  if (held.length - at < prefixBytes) return undefined;
  const length = new DataView(held.buffer, held.byteOffset + at, prefixBytes).getUint32(0);
  if (length > frameBytesMax) throw badRequest("the watch frame is too long");
  return length;
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const all = new Uint8Array(left.length + right.length);
  all.set(left);
  all.set(right, left.length);
  return all;
}

/** A reader's own loop: not every runtime's ReadableStream can be iterated. */
async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
    reader.releaseLock();
  }
}
