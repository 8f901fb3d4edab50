/** Bodies on the wire: what goes out, which types are asked for, what comes back. */
import { decodeProtobuf, encodeProtobuf, hasProtobuf } from "#apimachinery/codec/protobuf.ts";
import { readWatchFrames } from "#apimachinery/codec/watch-frames.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { WatchEvent } from "./client.ts";

export type MediaType = "protobuf" | "json";

export interface EncodedBody {
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const json = "application/json";
const protobuf = "application/vnd.kubernetes.protobuf";
const text = new TextEncoder();

interface Kinded {
  readonly apiVersion: string;
  readonly kind: string;
}

export function encodeBody(object: Kinded, mediaType: MediaType): EncodedBody {
  if (mediaType === "protobuf" && hasProtobuf(object.apiVersion, object.kind)) {
    // A view on the writer's own memory; a Request wants bytes that nobody else writes to.
    return { contentType: protobuf, bytes: new Uint8Array(encodeProtobuf(object)) };
  }
  return { contentType: json, bytes: text.encode(JSON.stringify(object)) };
}

/** What is asked for: `as` is PartialObjectMetadata or its List, where the server leaves out spec and status. */
export interface Wish {
  readonly mediaType: MediaType;
  readonly as?: "PartialObjectMetadata" | "PartialObjectMetadataList" | undefined;
  readonly watch?: boolean;
}

export function acceptHeader({ mediaType, as, watch = false }: Wish): string {
  const parameters = as === undefined ? "" : `;as=${as};g=meta.k8s.io;v=v1`;
  const plain = json + parameters;
  if (mediaType === "json") return plain;
  return `${protobuf}${watch ? ";stream=watch" : ""}${parameters},${plain}`;
}

function isProtobuf(contentType: string): boolean {
  return contentType.startsWith(protobuf);
}

/** Throws what the codec throws on bytes that are not what the content type says. */
export function decodeBody(bytes: Uint8Array, contentType: string): unknown {
  if (isProtobuf(contentType)) return decodeProtobuf(bytes);
  return JSON.parse(new TextDecoder().decode(bytes));
}

export interface RawWatchEvent {
  readonly type: WatchEvent<KubeObject>["type"] | "ERROR";
  // The object of an ERROR event is a Status.
  readonly object: unknown;
}

export function readWatchBody(
  stream: ReadableStream<Uint8Array>,
  contentType: string,
): AsyncIterable<RawWatchEvent> {
  return isProtobuf(contentType) ? readProtobufFrames(stream) : readJsonLines(stream);
}

async function* readProtobufFrames(
  stream: ReadableStream<Uint8Array>,
): AsyncIterable<RawWatchEvent> {
  for await (const { type, object } of readWatchFrames(stream)) {
    if (!isEventType(type)) throw new Error(`the watch sent an event of type ${type}`);
    yield { type, object };
  }
}

function isEventType(type: string): type is RawWatchEvent["type"] {
  return ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"].includes(type);
}

/** One event a line. A last line that was cut off is no event: the stream broke. */
async function* readJsonLines(stream: ReadableStream<Uint8Array>): AsyncIterable<RawWatchEvent> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of stream) {
    rest += decoder.decode(chunk, { stream: true });
    const end = rest.lastIndexOf("\n");
    if (end < 0) continue;
    const lines = rest.slice(0, end).split("\n");
    rest = rest.slice(end + 1);
    for (const line of lines) if (line !== "") yield JSON.parse(line);
  }
}
