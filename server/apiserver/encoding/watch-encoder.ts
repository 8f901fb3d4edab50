/** Watch events as bytes: lines of JSON, or length-prefixed protobuf; as objects, tables or metadata. */
import { Buffer } from "node:buffer";
import { encodeJson } from "#apimachinery/codec/json.ts";
import { encodeProtobuf, envelopeRaw } from "#apimachinery/codec/protobuf.ts";
import { encodeWatchFrameRaw } from "#apimachinery/codec/watch-frames.ts";
import type { FullStatus } from "#apimachinery/status.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { type Accepted, contentTypes } from "#apiserver/negotiation.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import type { Revision } from "#storage/storage.ts";
import type { CacheEvent, Entry } from "#storage/watch-cache.ts";
import { entryMessage, inVersion } from "./object-encoding.ts";
import { includeObject, tableOf } from "./table.ts";
import { metadataOf } from "./transform.ts";

type Bytes = Uint8Array<ArrayBuffer>;
export type ShownEvent = readonly [type: CacheEvent["type"], entry: Entry];

/** `Chunk`: what one pull hands on. */
export interface WatchEncoder<Chunk> {
  events(events: readonly ShownEvent[]): Chunk;
  /** `initialEnd`: it says that the initial events are complete. */
  bookmark(revision: Revision, initialEnd: boolean): Chunk;
  error(status: FullStatus): Chunk;
}

export interface ByteEncoder extends WatchEncoder<Bytes> {
  readonly contentType: string;
}

/** How one event's object becomes bytes, and how those become an event. */
interface Form {
  readonly contentType: string;
  object(object: { apiVersion: string; kind: string }): Uint8Array;
  entry(entry: Entry): Uint8Array;
  frame(type: string, object: Uint8Array): Uint8Array[];
}

const lineHeads: Readonly<Record<string, Uint8Array>> = Object.fromEntries(
  ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"].map((type) => [
    type,
    Buffer.from(`{"type":"${type}","object":`),
  ]),
);
const lineEnd = Buffer.from("}\n");
const nothing = new Uint8Array();

function jsonForm({ endpoint }: Call): Form {
  return {
    contentType: contentTypes.json,
    object: encodeJson,
    entry: (entry) => entryMessage(endpoint, entry, "json"),
    frame: (type, object) => [lineHeads[type] ?? nothing, object, lineEnd],
  };
}

function protobufForm({ endpoint }: Call): Form {
  const { apiVersion, ref } = endpoint;
  const kind = { apiVersion, kind: ref.kind };
  return {
    contentType: `${contentTypes.protobuf};stream=watch`,
    object: encodeProtobuf,
    entry: (entry) => envelopeRaw(kind, entryMessage(endpoint, entry, "protobuf")),
    frame: (type, object) => [encodeWatchFrameRaw(type, object)],
  };
}

/** What an entry is shown as, where that is not the object itself. */
function transform(
  server: ServerContext,
  call: Call,
  accepted: Accepted,
): ((entry: Entry) => { apiVersion: string; kind: string }) | undefined {
  const { asVersion } = accepted;
  if (accepted.as === "object") return undefined;
  if (accepted.as === "metadata") {
    return ({ object }) => metadataOf(inVersion(call.endpoint, object), asVersion);
  }
  const include = includeObject(call.query);
  let columns = true;
  return ({ object }) => {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const options = { now: server.clock(), include, asVersion, columns, metadata };
    columns = false;
    return tableOf(call.endpoint, [object], options);
  };
}

export function bookmarkObject(
  { endpoint }: Call,
  revision: Revision,
  initialEnd: boolean,
): KubeObject {
  const annotations = initialEnd ? { "k8s.io/initial-events-end": "true" } : undefined;
  return {
    kind: endpoint.ref.kind,
    apiVersion: endpoint.apiVersion,
    // A bookmark names no object.
    metadata: { name: "", resourceVersion: `${revision}`, annotations },
  };
}

export function openEncoder(server: ServerContext, call: Call, accepted: Accepted): ByteEncoder {
  const form = accepted.mediaType === "protobuf" ? protobufForm(call) : jsonForm(call);
  const transformed = transform(server, call, accepted);
  const objectBytes = (entry: Entry): Uint8Array =>
    transformed === undefined ? form.entry(entry) : form.object(transformed(entry));
  const one = (type: string, object: { apiVersion: string; kind: string }): Bytes =>
    Buffer.concat(form.frame(type, form.object(object)));
  return {
    contentType: form.contentType,
    events: (events) =>
      Buffer.concat(events.flatMap(([type, entry]) => form.frame(type, objectBytes(entry)))),
    bookmark(revision, initialEnd) {
      const object = bookmarkObject(call, revision, initialEnd);
      if (accepted.as === "object") {
        const { name: _, ...metadata } = object.metadata;
        return one("BOOKMARK", { ...object, ...{ metadata } });
      }
      if (accepted.as === "metadata") {
        return one("BOOKMARK", metadataOf(object, accepted.asVersion));
      }
      const { asVersion } = accepted;
      const include = includeObject(call.query);
      const metadata = { resourceVersion: `${revision}` };
      const options = { now: server.clock(), include, asVersion, columns: false, metadata };
      return one("BOOKMARK", tableOf(call.endpoint, [object], options));
    },
    error: (status) => one("ERROR", status),
  };
}
