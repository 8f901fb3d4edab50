/**
 * Lists as bytes, from items that are already encoded. A small list is one body; a big one is streamed piece
 * by piece, so that memory does not follow the list's size.
 */
import { Buffer } from "node:buffer";
import { Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { printed } from "#apimachinery/codec/printed.ts";
import { encodeListPieces } from "#apimachinery/codec/protobuf.ts";
import { byteStream } from "#apiserver/byte-stream.ts";
import type { Call, ServerContext } from "#apiserver/call.ts";
import type { Endpoint } from "#apiserver/endpoint.ts";
import {
  type Accepted,
  contentTypes,
  negotiated,
  refuseOtherForm,
} from "#apiserver/negotiation.ts";
import { headersOf, respondBytes } from "#apiserver/respond.ts";
import type { KubeObject, ListMeta } from "#gen/api/meta/v1.ts";
import type { Entry } from "#storage/watch-cache.ts";
import { entryMessage, inVersion, objectBody } from "./object-encoding.ts";
import { indented, prettied, wantsPretty } from "./pretty.ts";
import { includeObject, tableOf } from "./table.ts";
import { metadataOf } from "./transform.ts";

export interface ListParts {
  readonly entries: readonly Entry[];
  readonly metadata: ListMeta;
}

/** Bodies above it are streamed, and compressed when the client takes gzip: upstream's defaultGzipThresholdBytes. */
const streamedBytesMin = 128 * 1024;
const pieceBytes = 64 * 1024;

const head = (kind: string, apiVersion: string, metadata: ListMeta): string =>
  `{"kind":${JSON.stringify(kind)},"apiVersion":${JSON.stringify(apiVersion)},"metadata":${JSON.stringify(metadata)},"items":[`;

/** Every item of a typed list without its kind: the list's says it, as upstream writes lists. Custom resources are whole. */
function itemPieces(endpoint: Endpoint, entries: readonly Entry[]): Uint8Array[] {
  if (endpoint.custom === true)
    return entries.flatMap((entry, index) => {
      const message = entryMessage(endpoint, entry, "json");
      return index === 0 ? [message] : [Buffer.from(","), message];
    });
  const kind = `"kind":${JSON.stringify(endpoint.ref.kind)},`;
  const version = `"apiVersion":${JSON.stringify(endpoint.apiVersion)},`;
  // The second is of what this server made itself.
  const prefixes = [Buffer.from(`{${kind}${version}`), Buffer.from(`{${version}${kind}`)];
  const prefixBytes = prefixes[0]?.length ?? 0;
  const brace = Buffer.from("{");
  const comma = Buffer.from(",{");
  const pieces: Uint8Array[] = [];
  for (const entry of entries) {
    const message = entryMessage(endpoint, entry, "json");
    const start = message.subarray(0, prefixBytes);
    const known = prefixes.some((prefix) => prefix.equals(start));
    pieces.push(pieces.length === 0 ? brace : comma);
    pieces.push(message.subarray(known ? prefixBytes : 1));
  }
  return pieces;
}

function jsonPieces(endpoint: Endpoint, { entries, metadata }: ListParts): Uint8Array[] {
  const start = Buffer.from(head(`${endpoint.ref.kind}List`, endpoint.apiVersion, metadata));
  return [start, ...itemPieces(endpoint, entries), Buffer.from("]}\n")];
}

function protobufPieces(endpoint: Endpoint, { entries, metadata }: ListParts): Uint8Array[] {
  return encodeListPieces({
    apiVersion: endpoint.apiVersion,
    kind: `${endpoint.ref.kind}List`,
    metadata,
    items: entries.map((entry) => entryMessage(endpoint, entry, "protobuf")),
  });
}

/** Joins small pieces up to a useful size, one pull at a time. */
function* grouped(pieces: readonly Uint8Array[]): Generator<Uint8Array<ArrayBuffer>> {
  let group: Uint8Array[] = [];
  let bytes = 0;
  for (const piece of pieces) {
    group.push(piece);
    bytes += piece.length;
    if (bytes < pieceBytes) continue;
    yield Buffer.concat(group);
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield Buffer.concat(group);
}

function streamOf(pieces: readonly Uint8Array[]): ReadableStream<Uint8Array<ArrayBuffer>> {
  const groups = grouped(pieces);
  return new ReadableStream({
    pull(controller) {
      const { done, value } = groups.next();
      if (done === true) controller.close();
      else controller.enqueue(value);
    },
  });
}

function takesGzip({ request }: Call): boolean {
  return /\bgzip\b/.test(request.headers.get("accept-encoding") ?? "");
}

/** Bytes that are made already, sent whole, streamed or compressed as their size asks. */
function respondPieces(call: Call, contentType: string, pieces: readonly Uint8Array[]): Response {
  const bytes = pieces.reduce((sum, piece) => sum + piece.length, 0);
  if (bytes <= streamedBytesMin) {
    return respondBytes(call, 200, contentType, Buffer.concat(pieces));
  }
  const headers = new Headers(headersOf(call, contentType));
  if (!takesGzip(call)) return new Response(streamOf(pieces), { status: 200, headers });
  headers.set("content-encoding", "gzip");
  headers.set("vary", "Accept-Encoding");
  const compressed = Readable.from(grouped(pieces)).pipe(createGzip({ level: 1 }));
  return new Response(byteStream(compressed), { status: 200, headers });
}

interface ListObject {
  kind: string;
  apiVersion: string;
  metadata: ListMeta;
}

function transformedList(
  server: ServerContext,
  call: Call,
  accepted: Accepted,
  { entries, metadata }: ListParts,
): ListObject {
  const objects = entries.map(({ object }) => object);
  const { asVersion } = accepted;
  if (accepted.as === "table") {
    return tableOf(call.endpoint, objects, {
      now: server.clock(),
      include: includeObject(call.query),
      asVersion,
      columns: true,
      metadata,
      isList: true,
    });
  }
  const items = objects.map((object) => metadataOf(object, asVersion));
  const apiVersion = `meta.k8s.io/${asVersion}`;
  return Object.assign({ kind: "PartialObjectMetadataList", apiVersion, metadata }, { items });
}

const withoutKind = ({ kind: _, apiVersion: __, ...rest }: KubeObject): object => rest;

/** A list of custom resources always says how it goes on. */
const asListed = ({ custom }: Endpoint, list: ListParts): ListParts =>
  custom === true ? { ...list, metadata: { continue: "", ...list.metadata } } : list;

export function listResponse(server: ServerContext, call: Call, found: ListParts): Response {
  const accepted = negotiated(call);
  refuseOtherForm(accepted, call.endpoint, true);
  const { endpoint } = call;
  const { mediaType } = accepted;
  const list = accepted.as === "object" ? asListed(endpoint, found) : found;
  if (accepted.as !== "object" || mediaType === "yaml") {
    const { apiVersion, ref } = endpoint;
    const object =
      accepted.as === "object"
        ? Object.assign(
            { kind: `${ref.kind}List`, apiVersion, metadata: list.metadata },
            {
              items: list.entries.map((entry) => {
                const item = printed(inVersion(endpoint, entry.object), "stored");
                return endpoint.custom === true ? item : withoutKind(item);
              }),
            },
          )
        : transformedList(server, call, accepted, list);
    const { contentType, bytes } = objectBody(object, mediaType);
    const shown = prettied(call, accepted, bytes);
    return respondPieces(call, contentType, [shown]);
  }
  if (mediaType === "protobuf") {
    return respondPieces(call, contentTypes.protobuf, protobufPieces(endpoint, list));
  }
  const pieces = jsonPieces(endpoint, list);
  const shown = wantsPretty(call, accepted) ? [indented(Buffer.concat(pieces))] : pieces;
  return respondPieces(call, contentTypes.json, shown);
}
