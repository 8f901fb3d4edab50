/**
 * Kubernetes protobuf. An object on the wire is an envelope: `k8s\0`, then runtime.Unknown with apiVersion,
 * kind and the object's own message as raw bytes.
 */
import { Buffer } from "node:buffer";
import { assert } from "#apimachinery/assert.ts";
import { type StructType, schemaOf } from "#apimachinery/schema.ts";
import { badRequest } from "#apimachinery/status.ts";
import type { KubeObject } from "#gen/api/meta/v1.ts";
import { summary } from "./json.ts";
import { decoderOf } from "./protobuf-decoder.ts";
import { encoderOf, hasWireForm } from "./protobuf-encoder.ts";
import { onEnveloped } from "./special-types.ts";
import { WireReader } from "./wire-reader.ts";
import { keptBytesMax, WireWriter } from "./wire-writer.ts";

export interface Kinded {
  readonly apiVersion: string;
  readonly kind: string;
}

const magic = Buffer.from("k8s\0");

const field = { typeMeta: 0x0a, raw: 0x12, contentEncoding: 0x1a, contentType: 0x22 } as const;
const typeMetaField = { apiVersion: 0x0a, kind: 0x12 } as const;

/** Whether the kind has a protobuf form; custom resources, Table and discovery have none. */
export function hasProtobuf(apiVersion: string, kind: string): boolean {
  const type = schemaOf(apiVersion, kind);
  return type !== undefined && hasWireForm(type);
}

function wireTypeOf({ apiVersion, kind }: Kinded): StructType {
  const type = schemaOf(apiVersion, kind);
  assert(type !== undefined && hasWireForm(type), `${apiVersion} ${kind} has a protobuf form`);
  return type;
}

/** One buffer serves every call: encoding never yields. */
let shared = new WireWriter();

function written(write: (writer: WireWriter) => void): Uint8Array {
  shared.reset();
  write(shared);
  const bytes = shared.finish();
  if (shared.capacity > keptBytesMax) shared = new WireWriter();
  return bytes;
}

/** Closes the envelope around the message since the mark. */
function envelope(writer: WireWriter, type: Kinded, mark: number): void {
  writer.close(field.raw, mark);
  closeEnvelope(writer, type);
}

/** What stands before the message: written last, as the writer runs backwards. */
function closeEnvelope(writer: WireWriter, { apiVersion, kind }: Kinded): void {
  const typeMeta = writer.written;
  writer.string(typeMetaField.kind, kind);
  writer.string(typeMetaField.apiVersion, apiVersion);
  writer.close(field.typeMeta, typeMeta);
  writer.raw(magic);
}

function openEnvelope(writer: WireWriter): number {
  writer.string(field.contentType, "");
  writer.string(field.contentEncoding, "");
  return writer.written;
}

/** The object in its envelope. The kind must have a protobuf form (`hasProtobuf`). */
export function encodeProtobuf(object: Kinded): Uint8Array {
  const encode = encoderOf(wireTypeOf(object));
  return written((writer) => {
    const mark = openEnvelope(writer);
    encode(object, writer);
    envelope(writer, object, mark);
  });
}

/** The object's own message, without envelope: what a list holds, and what `envelopeRaw` and watch frames take. */
export function encodeProtobufRaw(object: Kinded): Uint8Array {
  const encode = encoderOf(wireTypeOf(object));
  return written((writer) => encode(object, writer));
}

/** The same bytes as `encodeProtobuf`, around a message that is already encoded. */
export function envelopeRaw(type: Kinded, message: Uint8Array): Uint8Array {
  return written((writer) => {
    const mark = openEnvelope(writer);
    writer.raw(message);
    envelope(writer, type, mark);
  });
}

export interface ListParts {
  /** Of the list: `v1`, `PodList`. */
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: object;
  /** Each as `encodeProtobufRaw` gives it. */
  readonly items: readonly Uint8Array[];
}

const itemTag = 0x12;

/** The head of a message that is already encoded: `12 length`. */
function itemHead(length: number): Uint8Array {
  return written((writer) => writer.head(itemTag, length));
}

/**
 * A whole list in its envelope, from items that are already encoded: the pieces to send one after the other.
 * The items themselves are among them, not copies.
 */
export function encodeListPieces({ apiVersion, kind, metadata, items }: ListParts): Uint8Array[] {
  const encodeList = encoderOf(wireTypeOf({ apiVersion, kind }));
  const pieces: Uint8Array[] = [written((writer) => encodeList({ metadata }, writer))];
  for (const item of items) pieces.push(itemHead(item.length), item);
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const head = written((writer) => {
    writer.head(field.raw, length);
    closeEnvelope(writer, { apiVersion, kind });
  });
  return [head, ...pieces, written(openEnvelope)];
}

/** The same as one piece. */
export function encodeListRaw(parts: ListParts): Uint8Array {
  return Buffer.concat(encodeListPieces(parts));
}

interface Opened extends Kinded {
  readonly message: Uint8Array;
}

function envelopeFault(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return "empty data";
  if (bytes.length < magic.length || !magic.equals(bytes.subarray(0, magic.length)))
    return "provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]";
  return bytes.length === magic.length ? "empty body" : undefined;
}

/** Opens the envelope; throws ApiError BadRequest where it is none. */
function openUnknown(bytes: Uint8Array, expect: Kinded | undefined): Opened {
  const fault = envelopeFault(bytes);
  if (fault !== undefined) {
    const must = `the object provided is unrecognized (must be of type ${expect?.kind})`;
    throw badRequest(expect === undefined ? fault : `${must}: ${fault} (${summary(bytes)})`);
  }
  const reader = new WireReader(bytes.subarray(magic.length));
  let [apiVersion, kind] = ["", ""];
  let message: Uint8Array = new Uint8Array();
  while (reader.position < reader.end) {
    const tag = reader.uint32();
    if (tag === field.typeMeta) {
      const outer = reader.enter();
      while (reader.position < reader.end) {
        const inner = reader.uint32();
        if (inner === typeMetaField.apiVersion) apiVersion = reader.string();
        else if (inner === typeMetaField.kind) kind = reader.string();
        else reader.skip(inner);
      }
      reader.leave(outer);
    } else if (tag === field.raw) message = reader.bytes();
    else reader.skip(tag);
  }
  return { apiVersion, kind, message };
}

/**
 * The object in the envelope, in its JSON shape. `expect` names what an envelope without a kind holds.
 * Throws ApiError BadRequest on malformed bytes and on a kind without a protobuf form.
 */
export function decodeProtobuf(bytes: Uint8Array, expect?: Kinded): KubeObject {
  const opened = openUnknown(bytes, expect);
  const apiVersion = opened.apiVersion === "" ? (expect?.apiVersion ?? "") : opened.apiVersion;
  const kind = opened.kind === "" ? (expect?.kind ?? "") : opened.kind;
  return decodeProtobufRaw({ apiVersion, kind }, opened.message);
}

/** The object whose own message these bytes are. */
export function decodeProtobufRaw({ apiVersion, kind }: Kinded, message: Uint8Array): KubeObject {
  const type = schemaOf(apiVersion, kind);
  if (type === undefined || !hasWireForm(type)) {
    throw badRequest(`no kind "${kind}" is registered for version "${apiVersion}"`);
  }
  const object = decoderOf(type)(new WireReader(message), { kind, apiVersion });
  // Every kind has metadata but options, which callers know by their kind.
  return object as KubeObject;
}

onEnveloped(decodeProtobuf);
