/** Watch events as bytes: lines of JSON, or length-prefixed protobuf; as objects, tables or metadata. */
import { Buffer } from "node:buffer";
import { encodeJson } from "#apimachinery/codec/json.ts";
import { printed } from "#apimachinery/codec/printed.ts";
import { decodeProtobufRaw, encodeProtobuf, envelopeRaw } from "#apimachinery/codec/protobuf.ts";
import { encodeWatchFrameRaw } from "#apimachinery/codec/watch-frames.ts";
import type { FullStatus } from "#apimachinery/status.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import { type Accepted, contentTypes } from "#apiserver/negotiation.ts";
import type { KubeObject, ListMeta } from "#gen/api/meta/v1.ts";
import type { Revision } from "#storage/storage.ts";
import type { CacheEvent, Entry } from "#storage/watch-cache.ts";
import { entryMessage, inVersion } from "./object-encoding.ts";
import { nameless } from "./shown-metadata.ts";
import { includeObject, type Table, tableOf } from "./table.ts";
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

/** A watch's tables, a row each: the first one alone has columns. */
class Rows {
  readonly #server: ServerContext;
  readonly #call: Call;
  readonly #asVersion: string;
  #columns = true;

  constructor(server: ServerContext, call: Call, asVersion: string) {
    this.#server = server;
    this.#call = call;
    this.#asVersion = asVersion;
  }

  /** `stored`: as the store has it. Throws BadRequest. */
  of(stored: KubeObject, metadata: ListMeta): Table {
    const columns = this.#columns;
    this.#columns = false;
    return tableOf(this.#call.endpoint, [stored], {
      now: this.#server.clock(),
      include: includeObject(this.#call.query),
      asVersion: this.#asVersion,
      columns,
      metadata,
    });
  }
}

/** What an informer never reads of a bookmark: every field of the kind, with Go's zero in it. */
function zeroFilled({ endpoint }: Call, bookmark: KubeObject): KubeObject {
  if (endpoint.custom) return bookmark;
  const { metadata: _, ...zero } = decodeProtobufRaw(bookmark, nothing);
  const filled = { ...zero, metadata: bookmark.metadata };
  endpoint.addressed.zero?.(filled);
  return filled;
}

/** What an entry is shown as, where that is not the object itself. */
function transform(
  { endpoint }: Call,
  { as, asVersion }: Accepted,
  rows: Rows,
): ((entry: Entry) => { apiVersion: string; kind: string }) | undefined {
  if (as === "object") return undefined;
  if (as === "metadata") return ({ object }) => metadataOf(inVersion(endpoint, object), asVersion);
  return ({ object }) => rows.of(object, { resourceVersion: object.metadata.resourceVersion });
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

/** What was framed last: all who watch an object are told the same bytes, one after the other. */
let last: { readonly of: Entry; readonly as: string; readonly framed: Bytes } | undefined;

function sharedFrame(form: Form, { endpoint }: Call, [type, entry]: ShownEvent): Bytes {
  const as = `${type} ${endpoint.apiVersion} ${form.contentType}`;
  if (last?.of !== entry || last.as !== as)
    last = { of: entry, as, framed: Buffer.concat(form.frame(type, form.entry(entry))) };
  return last.framed;
}

export function openEncoder(server: ServerContext, call: Call, accepted: Accepted): ByteEncoder {
  const form = accepted.mediaType === "protobuf" ? protobufForm(call) : jsonForm(call);
  const rows = new Rows(server, call, accepted.asVersion);
  const transformed = transform(call, accepted, rows);
  const objectBytes = (entry: Entry): Uint8Array =>
    transformed === undefined ? form.entry(entry) : form.object(transformed(entry));
  const one = (type: string, object: { apiVersion: string; kind: string }): Bytes =>
    Buffer.concat(form.frame(type, form.object(object)));
  return {
    contentType: form.contentType,
    events(events) {
      const [first] = events;
      if (events.length === 1 && first !== undefined && transformed === undefined)
        return sharedFrame(form, call, first);
      return Buffer.concat(events.flatMap(([type, entry]) => form.frame(type, objectBytes(entry))));
    },
    bookmark(revision, initialEnd) {
      const object = zeroFilled(call, bookmarkObject(call, revision, initialEnd));
      if (accepted.as === "object") {
        const metadata = nameless(object.metadata);
        return one("BOOKMARK", { ...printed(object, "stored"), ...{ metadata } });
      }
      if (accepted.as === "metadata") {
        return one("BOOKMARK", metadataOf(object, accepted.asVersion));
      }
      return one(
        "BOOKMARK",
        rows.of(call.endpoint.conversion?.toStored(object) ?? object, {
          resourceVersion: `${revision}`,
        }),
      );
    },
    error: (status) => one("ERROR", status),
  };
}
